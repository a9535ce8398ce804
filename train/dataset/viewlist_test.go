package dataset

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestViewList(t *testing.T) {
	files := map[string][]byte{}
	for _, name := range []string{"car/a", "car/b", "lamp/a"} {
		for f, data := range nmrFiles(t, ring(3, 8, 8), true, true) {
			files[name+"/"+f] = data
		}
	}
	dir := folder(t, files)
	class, err := OpenClass(dir, -1)
	if err != nil {
		t.Fatal(err)
	}
	open := func(text string) (*ViewList, error) {
		return OpenViewList(filepath.Join(folder(t, map[string][]byte{"src.txt": []byte(text)}), "src.txt"))
	}
	l, err := open("lamp a 2\r\n\ncar  b 1\nsofa x 9\ncar a 0\nlamp a 2")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Covers(class, []int{0, 1, 2}); err != nil {
		t.Error(err)
	}
	for i, want := range []int{0, 1, 2} {
		if got, err := l.View(class, i, 3); got != want || err != nil {
			t.Errorf("view of %s: %d, %v, want %d", class.Instances[i].Name, got, err, want)
		}
	}
	if n, first := l.Strangers(class); n != 1 || first != "sofa x" {
		t.Errorf("%d strangers, the first %q, want 1, sofa x", n, first)
	}
	if _, err := l.View(class, 2, 2); err == nil || !strings.HasSuffix(err.Error(), "src.txt: line 1: view 2 of lamp/a, which has 0 to 1") {
		t.Errorf("a view that is not there: %v", err)
	}

	// The folder of one class has the same names, also where it is the working directory.
	t.Chdir(filepath.Join(dir, "lamp"))
	for _, path := range []string{filepath.Join(dir, "lamp"), "."} {
		lamps, err := OpenClass(path, -1)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := l.View(lamps, 0, 3); got != 2 || err != nil {
			t.Errorf("view of a lamp in %s: %d, %v, want 2", path, got, err)
		}
		if n, first := l.Strangers(lamps); n != 3 || first != "car b" {
			t.Errorf("%d strangers to %s, the first %q, want 3, car b", n, path, first)
		}
	}

	if l, err = open("lamp a 2\ncar a 1\n"); err != nil {
		t.Fatal(err)
	}
	const want = `src.txt: no line says the view of car/b: want "car b NUMBER"`
	if err := l.Covers(class, []int{2, 1}); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("Covers = %v, want %s", err, want)
	}
	if _, err := l.View(class, 1, 3); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("View = %v, want %s", err, want)
	}

	for _, tt := range []struct{ name, text, want string }{
		{"two words", "car a 1\ncar b\n", "src.txt: line 2: has 2 words, want three"},
		{"several views", "car a 1 2\n", "src.txt: line 1: has 4 words, want three"},
		{"no number", "\ncar a first\n", `src.txt: line 2: view "first", want a number from 0`},
		{"negative", "car a -1\n", `src.txt: line 1: view "-1", want a number from 0`},
		{"contradictory", "car a 1\ncar b 1\ncar a 2\n", "src.txt: line 3: view 2 of car/a, and line 1 says 1"},
		{"empty", "", "src.txt: is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := open(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("OpenViewList = %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := OpenViewList(filepath.Join(dir, "none.txt")); err == nil || !strings.Contains(err.Error(), "none.txt: no such file") {
		t.Errorf("not there: %v", err)
	}
}
