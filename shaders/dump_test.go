package shaders

import (
	"lfnview/lfn"
	"os"
	"testing"
)

func TestDump(t *testing.T) {
	for _, name := range lfn.Presets() {
		c, _ := lfn.Preset(name)
		n, _ := lfn.New(c, 1)
		vs, err := Variants(c, Limits{1024, 48 << 10, 1 << 28, 2048, true, true})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vs {
			s, err := New(n, v)
			if err != nil {
				t.Fatal(err)
			}
			p := newPlan(c, v)
			if len(s.Weights) != p.weightBytes() {
				t.Errorf("%s %s: %d %d", name, v, len(s.Weights), p.weightBytes())
			}
			os.WriteFile("/tmp/sh/"+name+"-"+v.String()+".comp", []byte(s.Source()), 0o666)
			t.Log(name, v, p.sharedBytes(), s.Loops)
		}
	}
}
