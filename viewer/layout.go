//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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

// Lines of a layout: Dear ImGui reads the fields of a node in this order only.
var (
	windowLine  = regexp.MustCompile(`^\[Window\]\[[^\x00]*\]$`)
	windowValue = regexp.MustCompile(`^(?:Pos=-?\d{1,5},-?\d{1,5}|Size=\d{1,5},\d{1,5}|Collapsed=[01]|IsChild=1|DockId=(0x[0-9A-F]{8})(?:,-?\d{1,4})?)$`)
	nodeLine    = regexp.MustCompile(strings.NewReplacer("@", "0x[0-9A-F]{8}", "SIDE", `(?:[12]\d{4}|[1-9]\d{0,3})`).Replace(
		`^ *(DockSpace|DockNode) +ID=(@)(?: Parent=(@) SizeRef=SIDE,SIDE|(?: Window=@)? Pos=-?\d{1,5},-?\d{1,5} Size=SIDE,SIDE)` +
			`( Split=[XY])?(?: NoResize=1)?( CentralNode=1)?(?: NoTabBar=1)?(?: HiddenTabBar=1)?(?: NoWindowMenuButton=1)?(?: NoCloseButton=1)?` +
			`(?: Selected=@)?$`))
)

// dockNode is a part of the window: all of it, or one of the two parts of another.
type dockNode struct {
	split    bool
	children int
	root     string
	depth    int
}

// checkLayout says what is wrong with a layout.
func checkLayout(text string) error {
	nodes := map[string]*dockNode{}
	middles := map[string]int{} // of each root: the parts that no panel is docked in, which the window has one of
	var docked []string         // nodes that windows are in
	section := ""
	for i, line := range strings.Split(text, "\n") {
		bad := fmt.Errorf("line %d is %q, which is not of a layout", i+1, line)
		switch {
		case line == "":
		case windowLine.MatchString(line):
			section = "window"
		case line == "[Docking][Data]" && len(nodes) == 0:
			section = "docking"
		case section == "window":
			m := windowValue.FindStringSubmatch(line)
			if m == nil {
				return bad
			}
			docked = append(docked, m[1])
		case section == "docking":
			m := nodeLine.FindStringSubmatch(line)
			if m == nil {
				return bad
			}
			space, id, parent, split, middle := m[1] == "DockSpace", m[2], m[3], m[4] != "", m[5] != ""
			n := &dockNode{split: split, root: id}
			if p := nodes[parent]; p != nil && p.split && p.children < 2 && p.depth < 50 && !space {
				p.children++
				n.root, n.depth = p.root, p.depth+1
			} else if parent != "" {
				return bad
			}
			if space {
				middles[id] = 0
			}
			if middle {
				middles[n.root]++
			}
			if nodes[id] != nil || middle && (split || middles[n.root] > 1) {
				return bad
			}
			nodes[id] = n
		default:
			return bad
		}
	}
	for id, n := range nodes {
		if n.split != (n.children == 2) {
			return fmt.Errorf("node %s has %d parts, want none or two", id, n.children)
		}
	}
	for id, n := range middles {
		if n != 1 {
			return fmt.Errorf("node %s has no middle", id)
		}
	}
	for _, id := range docked {
		if n := nodes[id]; n != nil && n.split {
			return fmt.Errorf("a window is in node %s, which has parts", id)
		}
	}
	return nil
}
