//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// layout is one that the program has written.
const layout = `[Window][Scene]
Pos=947,0
Size=333,558
Collapsed=0
DockId=0x00000003,0

[Window][Training]
Collapsed=0
DockId=0x00000004

[Window][###messages]
Pos=947,560
Size=333,240
Collapsed=0
DockId=0x00000004,0

[Window][WindowOverViewport_11111111]
Pos=0,0
Size=1280,800
Collapsed=0

[Docking][Data]
DockSpace     ID=0x08BD597D Window=0x1BBC0F80 Pos=0,0 Size=1280,800 Split=X
  DockNode    ID=0x00000001 Parent=0x08BD597D SizeRef=945,800 CentralNode=1
  DockNode    ID=0x00000002 Parent=0x08BD597D SizeRef=333,800 Split=Y
    DockNode  ID=0x00000003 Parent=0x00000002 SizeRef=333,558 Selected=0xE601B12F
    DockNode  ID=0x00000004 Parent=0x00000002 SizeRef=333,240 Selected=0x50081236

`

func TestCheckLayout(t *testing.T) {
	if err := checkLayout(layout); err != nil {
		t.Errorf("a layout that the program has written: %v", err)
	}
	list := "[Window][Prior/##instances_BAF1796A]\nIsChild=1\nSize=251,224\n\n"
	if err := checkLayout(strings.Replace(layout, "[Docking]", list+"[Docking]", 1)); err != nil {
		t.Errorf("a layout with the list of instances, which can be made higher: %v", err)
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"not a layout", "[Window][Scene]", "\x00\xff", "line 1"},
		{"of something else", "[Window][Training]", "[Table][Training]", "line 7"},
		{"a size below 0", "Size=333,558", "Size=333,-558", "line 3"},
		{"a part of a node that is missing", "Parent=0x00000002 SizeRef=333,558", "Parent=0x00000009 SizeRef=333,558", "line 26"},
		{"three parts", "Parent=0x00000002 SizeRef=333,240", "Parent=0x08BD597D SizeRef=333,240", "line 27"},
		{"fields in another order", "Window=0x1BBC0F80 Pos=0,0", "Pos=0,0 Window=0x1BBC0F80", "line 23"},
		{"a node in itself", "ID=0x00000003 Parent=0x00000002", "ID=0x00000003 Parent=0x00000003", "line 26"},
		{"a node twice", "ID=0x00000004", "ID=0x00000003", "line 27"},
		{"one part", "    DockNode  ID=0x00000004 Parent=0x00000002 SizeRef=333,240 Selected=0x50081236\n", "", "has 1 parts"},
		{"no middle", " CentralNode=1", "", "no middle"},
		{"two middles", "SizeRef=333,558", "SizeRef=333,558 CentralNode=1", "line 26"},
		{"no size", "SizeRef=333,558", "SizeRef=0,558", "line 26"},
		{"a window in a node that is split", "DockId=0x00000003,0", "DockId=0x00000002,0", "has parts"},
	} {
		text := strings.Replace(layout, tt.old, tt.new, 1)
		if err := checkLayout(text); text == layout || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}

func TestDamagedLayout(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "panels.ini")
	for _, kept := range []string{"panels.ini.old", "panels.ini-2.old"} {
		if err := os.WriteFile(file, []byte("damaged by "+kept), 0o666); err != nil {
			t.Fatal(err)
		}
		text, err := loadLayout(folder)
		if text != "" || err == nil || !strings.HasSuffix(err.Error(), kept) {
			t.Errorf("%q, %v: want none, and that the file is now %s", text, err, kept)
		}
		if b, err := os.ReadFile(filepath.Join(folder, kept)); string(b) != "damaged by "+kept {
			t.Errorf("%s: %q, %v", kept, b, err)
		}
	}
	if err := saveLayout(folder, layout); err != nil {
		t.Fatal(err)
	}
	if text, err := loadLayout(folder); text != layout || err != nil {
		t.Errorf("%q, %v: want what was saved", text, err)
	}
}

// FuzzLayout: no file makes the check panic.
func FuzzLayout(f *testing.F) {
	f.Add(layout)
	f.Fuzz(func(_ *testing.T, text string) { _ = checkLayout(text) })
}
