package dataset

import (
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// A ViewList says from which view each instance of a class is reconstructed. It is a file of lines such as
//
//	02958343 1a0bc9ab92c915167ae33d942430658c 7
//
// the folder that an instance is in, its own, and the number of a view, from 0: as viewlist/src_dvr.txt of pixelNeRF (Yu et
// al. 2021, https://github.com/sxyu/pixel-nerf), by which light field networks were evaluated on NMR's renderings, too.
type ViewList struct {
	file  string
	views map[string]listedView // by FOLDER/NAME
}

// listedView is what a line says.
type listedView struct{ view, line int }

// OpenViewList reads a file of such lines.
func OpenViewList(file string) (*ViewList, error) {
	data, err := readBounded(file, maxListBytes)
	if err != nil {
		return nil, fmt.Errorf("dataset: open %s: %w", file, err)
	}
	l := &ViewList{file, map[string]listedView{}}
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if len(words) != 3 {
			return nil, l.errorf(line, "has %d words, want three: the folder that an instance is in, its own, and the number of a view", len(words))
		}
		name := words[0] + "/" + words[1]
		view, err := strconv.Atoi(words[2])
		if err != nil || view < 0 {
			return nil, l.errorf(line, "view %.40q, want a number from 0", words[2])
		}
		other, ok := l.views[name]
		if ok && other.view != view {
			return nil, l.errorf(line, "view %d of %s, and line %d says %d", view, name, other.line, other.view)
		}
		if !ok {
			l.views[name] = listedView{view, line}
		}
	}
	return l, nil
}

func (l *ViewList) errorf(line int, format string, args ...any) error {
	return fmt.Errorf("dataset: %s: line %d: "+format, append([]any{l.file, line}, args...)...)
}

// Covers returns an error that names the first of the instances which the list says nothing of.
func (l *ViewList) Covers(c *Class, instances []int) error {
	for _, i := range instances {
		if name := listedName(c, i); l.views[name].line == 0 {
			return fmt.Errorf("dataset: %s: no line says the view of %s: want %q", l.file, c.Instances[i].Name, strings.Replace(name, "/", " ", 1)+" NUMBER")
		}
	}
	return nil
}

// Strangers counts the instances that the list says something of and a class has not, and names the first line's.
func (l *ViewList) Strangers(c *Class) (n int, first string) {
	known := map[string]bool{}
	for i := range c.Instances {
		known[listedName(c, i)] = true
	}
	line := 0
	for name, x := range l.views {
		if known[name] {
			continue
		}
		if n++; line == 0 || x.line < line {
			line, first = x.line, strings.Replace(name, "/", " ", 1)
		}
	}
	return n, first
}

// View is the view that instance i is reconstructed from, of so many that there are.
func (l *ViewList) View(c *Class, i, views int) (int, error) {
	if err := l.Covers(c, []int{i}); err != nil {
		return 0, err
	}
	x := l.views[listedName(c, i)]
	if x.view >= views {
		return 0, l.errorf(x.line, "view %d of %s, which has 0 to %d", x.view, listedName(c, i), views-1)
	}
	return x.view, nil
}

// listedName is what a list calls instance i.
func listedName(c *Class, i int) string {
	full := filepath.Join(c.Path, filepath.FromSlash(c.Instances[i].Name))
	if abs, err := filepath.Abs(full); err == nil {
		full = abs // as the class may be the folder where we are
	}
	full = filepath.ToSlash(full)
	return path.Join(path.Base(path.Dir(full)), path.Base(full))
}
