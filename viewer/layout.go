//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lfnview/lfn"
)

// The layout of the panels is in a file that Dear ImGui makes. It ends the process over one that it could not have made,
// so what it is given is checked first, and nothing passes that this program does not write.

const maxLayout = 1 << 16 // bytes

// loadLayout reads the layout from a folder; "" has none. Where the file cannot be used, it is put aside, and the error
// says so.
func loadLayout(folder string) (string, error) {
	if folder == "" {
		return "", nil
	}
	file := filepath.Join(folder, "panels.ini")
	text, err := readBounded(file, maxLayout)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err == nil {
		if err = checkLayout(string(text)); err == nil {
			return string(text), nil
		}
	}
	return "", fmt.Errorf("%s: %w: the panels are where they were at first%s", file, err, putAside(file))
}

// saveLayout writes the layout into a folder.
func saveLayout(folder, text string) error {
	return lfn.WriteFile(filepath.Join(folder, "panels.ini"), func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// putAside gives a file that cannot be used another name, and says which.
func putAside(file string) string {
	aside := FreeName(file + ".old")
	if err := os.Rename(file, aside); err != nil {
		return ""
	}
	return ", and the file is now " + aside
}

// readBounded reads a file of at most so many bytes.
func readBounded(file string, most int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("has more than %d bytes", most)
	}
	return text, err
}

// dockNode is a part of the window: all of it, or one of the two parts of another.
type dockNode struct {
	split    bool
	children int
	root     string
	depth    int
}

// layoutReader reads a layout line by line.
type layoutReader struct {
	section string
	nodes   map[string]*dockNode // by their identity
	middles map[string]int       // central nodes of each root; the window's is always there
	docked  []string             // identities of nodes that windows are in
}

// checkLayout says what is wrong with a layout, by the line.
func checkLayout(text string) error {
	r := layoutReader{nodes: map[string]*dockNode{}, middles: map[string]int{}}
	for i, line := range strings.Split(text, "\n") {
		if err := r.line(strings.TrimSpace(line)); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return r.end()
}

func (r *layoutReader) line(line string) error {
	if line == "" {
		return nil
	}
	if kind, ok := strings.CutPrefix(line, "["); ok {
		kind, name, ok := strings.Cut(kind, "][")
		if !ok || !strings.HasSuffix(name, "]") || kind != "Window" && line != "[Docking][Data]" || strings.ContainsRune(name, 0) {
			return fmt.Errorf("%q is not a part of a layout", line)
		}
		if kind == "Docking" && r.section == kind {
			return errors.New("nodes come twice")
		}
		r.section = kind
		return nil
	}
	fields := strings.Fields(line)
	switch {
	case r.section == "Window" && len(fields) == 1:
		key, value, _ := strings.Cut(line, "=")
		if key == "DockId" {
			id, _, _ := strings.Cut(value, ",")
			r.docked = append(r.docked, id)
		}
		if check, ok := windowValues[key]; !ok || !check(value) {
			return fmt.Errorf("%q is not of a window", line)
		}
		return nil
	case r.section == "Docking" && len(fields) > 1:
		return r.node(fields)
	}
	return fmt.Errorf("%q is out of place", line)
}

// windowValues are the keys of windows, and what may be said of each.
var windowValues = map[string]func(string) bool{
	"Pos": isPair, "Size": isPair, "Collapsed": isBit,
	"DockId": func(v string) bool {
		id, order, ok := strings.Cut(v, ",")
		return isID(id) && (!ok || isShort(order))
	},
}

// node takes a line of a node: its kind and its fields.
func (r *layoutReader) node(fields []string) error {
	values := map[string]string{}
	for _, f := range fields[1:] {
		key, value, _ := strings.Cut(f, "=")
		if check, ok := nodeValues[key]; !ok || !check(value) {
			return fmt.Errorf("%q is not of a node", f)
		}
		if _, twice := values[key]; twice {
			return fmt.Errorf("%s comes twice", key)
		}
		values[key] = value
	}
	id, parent := values["ID"], values["Parent"]
	n := &dockNode{root: id, split: values["Split"] != ""}
	switch {
	case id == "" || r.nodes[id] != nil:
		return fmt.Errorf("%v: want an identity of its own", fields)
	case parent == "":
		if fields[0] != "DockSpace" && fields[0] != "DockNode" || values["Pos"] == "" || values["Size"] == "" || values["SizeRef"] != "" {
			return fmt.Errorf("%v: want a place and a size", fields)
		}
	default:
		p := r.nodes[parent]
		if fields[0] != "DockNode" || p == nil || !p.split || p.children == 2 || values["SizeRef"] == "" || values["Window"] != "" || p.depth > 50 {
			return fmt.Errorf("%v: want one of two parts of a node", fields)
		}
		p.children++
		n.root, n.depth = p.root, p.depth+1
	}
	if values["CentralNode"] == "1" {
		r.middles[n.root]++
		if n.split || r.middles[n.root] > 1 {
			return fmt.Errorf("%v: want one middle", fields)
		}
	}
	if fields[0] == "DockSpace" {
		r.middles[id] += 0 // has one, which may come later
	}
	r.nodes[id] = n
	return nil
}

// nodeValues are the keys of nodes, and what may be said of each.
var nodeValues = map[string]func(string) bool{
	"ID": isID, "Parent": isID, "Window": isID, "Selected": isID, "Pos": isPair, "Size": isSize, "SizeRef": isSize,
	"Split":    func(v string) bool { return v == "X" || v == "Y" },
	"NoResize": isBit, "CentralNode": isBit, "NoTabBar": isBit, "HiddenTabBar": isBit, "NoWindowMenuButton": isBit, "NoCloseButton": isBit,
}

// end says what is missing.
func (r *layoutReader) end() error {
	for id, n := range r.nodes {
		if n.split != (n.children == 2) {
			return fmt.Errorf("node %s has %d parts, want none or two", id, n.children)
		}
	}
	for id, n := range r.middles {
		if n != 1 {
			return fmt.Errorf("node %s has no middle", id)
		}
	}
	for _, id := range r.docked {
		if n := r.nodes[id]; n != nil && n.split {
			return fmt.Errorf("a window is in node %s, which has parts", id)
		}
	}
	return nil
}

func isBit(v string) bool { return v == "0" || v == "1" }

func isShort(v string) bool {
	_, err := strconv.ParseInt(v, 10, 16)
	return err == nil
}

func isPair(v string) bool {
	x, y, ok := strings.Cut(v, ",")
	return ok && isShort(x) && isShort(y)
}

// isSize is a pair whose sides are above 0.
func isSize(v string) bool {
	return isPair(v) && !strings.ContainsRune(v, '-') && v[0] != '0' && !strings.Contains(v, ",0")
}

func isID(v string) bool {
	n, err := strconv.ParseUint(strings.TrimPrefix(v, "0x"), 16, 32)
	return err == nil && n != 0 && len(v) == len("0x00000000") && strings.HasPrefix(v, "0x")
}
