package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// classFiles puts an instance of the layout srn into each folder.
func classFiles(names ...string) map[string][]byte {
	cams := ring(3, 8, 6)
	one := posed(cams, "%06d", 16)
	one[intrinsicsFile] = []byte(srnText(&cams[0]))
	files := map[string][]byte{}
	for _, name := range names {
		for f, data := range one {
			files[name+"/"+f] = data
		}
	}
	return files
}

// tree is folder; a name that ends in a slash is an empty folder.
func tree(t *testing.T, files map[string][]byte) string {
	t.Helper()
	regular := maps.Clone(files)
	maps.DeleteFunc(regular, func(name string, _ []byte) bool { return strings.HasSuffix(name, "/") })
	dir := folder(t, regular)
	for name := range files {
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// instancesText lists those of a class, test instances in brackets.
func instancesText(c *Class) string {
	var text []string
	for _, i := range c.Instances {
		t := i.Name
		if i.Class != "" {
			t = i.Class + ":" + t
		}
		if i.Split == Test {
			t = "(" + t + ")"
		}
		text = append(text, t)
	}
	return strings.Join(text, " ")
}

func TestClassError(t *testing.T) {
	dir := t.TempDir()
	if err := Generate(t.Context(), filepath.Join(dir, "figures"), "shepard-metzler", GenerateOptions{Instances: 3, Views: 2, Size: 4, Samples: 1}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, format, want string }{
		{"figures", "", "holds 3 scenes: give one, such as " + filepath.Join(dir, "figures/test/000000") + ", or"},
		{"figures", "srn", "holds 3 scenes: give one, such as " + filepath.Join(dir, "figures/test/000000") + ", or"},
		{"figures/train", "", "holds 2 scenes: give one, such as " + filepath.Join(dir, "figures/train/000001") + ", or"},
		{"", "", "holds 3 scenes: give one, such as " + filepath.Join(dir, "figures/test/000000") + ", or"},
		{"figures/test", "", "holds 1 scene: give one, such as " + filepath.Join(dir, "figures/test/000000") + ", or"},
	} {
		_, err := Peek(filepath.Join(dir, tt.path), Options{Format: tt.format})
		var class *ClassError
		if !errors.As(err, &class) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Peek(%s) of the format %q: %v, want %s", tt.path, tt.format, err, tt.want)
		}
	}
}

func TestOpenClass(t *testing.T) {
	many := classFiles("00", "01", "02", "03", "04", "05", "06", "07", "08", "09")
	nmr := nmrFiles(t, ring(2, 8, 8), true, true)
	shapes := map[string][]byte{"car/softras_train.lst": []byte("a\nb\n"), "car/softras_test.lst": []byte("c\r\n"), "car/softras_val.lst": []byte("d\n"),
		"lamp/train.lst": []byte("x\n")}
	for _, name := range []string{"car/a", "car/b", "car/c", "car/d", "lamp/x", "lamp/y"} {
		for f, data := range nmr {
			shapes[name+"/"+f] = data
		}
	}
	both := map[string][]byte{"car/train.lst": []byte("c\n"), "car/test.lst": []byte("a\n")}
	for name, data := range shapes {
		if strings.HasPrefix(name, "car/") {
			both[name] = data
		}
	}
	both["car/softras_test.lst"] = []byte("c\nz\ne\n\n")
	hollow := classFiles("train/1", "test/2")
	for name, data := range classFiles("train/3") {
		if !strings.Contains(name, "/rgb/") {
			hollow[name] = data
		}
	}
	hollow["train/3/rgb/"] = nil
	bare := classFiles("train/1", "test/2")
	bare["train/3/"+camerasFile] = nmr[camerasFile]
	for name, data := range classFiles("train/4") {
		if !strings.Contains(name, "/rgb/") {
			bare[name] = data
		}
	}
	for _, tt := range []struct {
		name    string
		files   map[string][]byte
		holdout int
		want    string
		warning string
	}{
		{"train and test", classFiles("train/000001", "train/000002", "test/000000"), 0, "(test/000000) train/000001 train/000002", ""},
		{"no split", many, 0, "(00) 01 02 03 04 05 06 07 (08) 09", ""},
		{"no split, every fourth", many, 4, "(00) 01 02 03 (04) 05 06 07 (08) 09", ""},
		{"none held out", many, -1, "00 01 02 03 04 05 06 07 08 09", ""},
		{"one", classFiles("a"), 0, "a", ""},
		{"as SRN's files are called", classFiles("cars_train/1", "cars_val/2", "cars_test/3"), 0, "(cars_test/3) cars_train/1", "1 instances for validation are left out"},
		{"as SRN's chairs are unpacked", classFiles("chairs_train/chairs_2.0_train/1", "chairs_test/2"), 0, "(chairs_test/2) chairs_train/chairs_2.0_train/1", ""},
		{"several classes in each split", classFiles("shapes/train/cars_train/1", "shapes/train/vans_train/2"), 0, "shapes/cars:shapes/train/cars_train/1 shapes/vans:shapes/train/vans_train/2", ""},
		{"several classes", classFiles("cars/train/1", "cars/test/2", "rooms/train/1"), 0, "(cars:cars/test/2) cars:cars/train/1 rooms:rooms/train/1", ""},
		{"nmr", shapes, 0, "car:car/a car:car/b (car:car/c) lamp:lamp/x", "2 instances for validation are left out"},
		{"nmr, with other lists too", both, 0, "car/a car/b (car/c)", "1 instances for validation are left out; 2 instances that lists name are not there, such as car/e"},
		{"without images", hollow, 0, "(test/2) train/1", "1 instances have no images, such as train/3: they are left out"},
		{"without folders of images", bare, 0, "(test/2) train/1", "2 instances have no images, such as train/3: they are left out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := OpenClass(tree(t, tt.files), tt.holdout)
			if err != nil {
				t.Fatal(err)
			}
			if got := instancesText(c); got != tt.want {
				t.Errorf("instances %s, want %s", got, tt.want)
			}
			if got := strings.Join(c.Warnings, "; "); got != tt.warning {
				t.Errorf("warnings %q, want %q", got, tt.warning)
			}
		})
	}
}

func TestOpenClassRefuses(t *testing.T) {
	hollow := classFiles("a")
	for name := range hollow {
		if strings.Contains(name, "/rgb/") {
			delete(hollow, name)
		}
	}
	hollow["a/rgb/"] = nil
	one := classFiles("x")
	for _, tt := range []struct {
		name, path string
		files      map[string][]byte
		holdout    int
		want       string
	}{
		{"not there", "/nothing", nil, 0, "no such file or directory"},
		{"a file", "/notes.txt", map[string][]byte{"notes.txt": nil}, 0, "is a file: want a folder of instances"},
		{"empty", "", nil, 0, "has no instances: want a folder of them"},
		{"photographs", "", map[string][]byte{"photos/1.png": pngOf(2, 2)}, 0, "has no instances, nor has photos"},
		{"an instance", "/x", one, 0, "is one instance: give the folder of many"},
		{"without images", "", hollow, 0, "none of its 1 instances has images, such as a"},
		{"validation alone", "", classFiles("val/1"), 0, "has 1 instances for validation and none to train on"},
		{"holdout", "", one, 1, "holdout 1 leaves no instance"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := OpenClass(tree(t, tt.files)+tt.path, tt.holdout)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("OpenClass = %v, want %s", err, tt.want)
			}
		})
	}
}

// A class reads its instances' cameras, and one photograph at a time, as Open does.
func TestClassRead(t *testing.T) {
	dir := tree(t, classFiles("train/1", "test/2"))
	c, err := OpenClass(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Peek(1, Options{Scale: 2})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Open(context.Background(), dir+"/train/1", Options{Scale: 2, Holdout: -1})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Views) != 3 || fmt.Sprint(s.Split(Test)) != "[]" {
		t.Fatalf("%d views, test views %v", len(s.Views), s.Split(Test))
	}
	for i := range s.Views {
		pix, err := s.Read(i)
		if err != nil {
			t.Fatal(err)
		}
		if s.Views[i].Camera != whole.Views[i].Camera || !bytes.Equal(pix, whole.Views[i].Pix) || len(pix) != 4*4*3 {
			t.Errorf("view %d: %d bytes, other than with Open", i, len(pix))
		}
	}
}
