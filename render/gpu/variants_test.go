//go:build cgo

package gpu

import (
	stdcontext "context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/shaders"
)

func TestAll(t *testing.T) {
	path := os.Getenv("MODEL")
	if path == "" {
		t.Skip()
	}
	m, err := lfn.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := loadEGL()
	if err != nil {
		t.Fatal(err)
	}
	t0 := time.Now()
	var c *context
	for i := range n {
		if c, err = open(i); err == nil {
			break
		}
		t.Log(err)
	}
	fmt.Printf("%v %+v %+v\n", time.Since(t0), c.Device, c.limits)
	defer c.close()
	for _, half := range []bool{false, true} {
		if half && !c.limits.Half {
			continue
		}
		if err := c.call(func() error {
			f, err := peak(half, c.Software)
			fmt.Printf("peak half=%v %.1f TFLOP/s\n", half, f/1e12)
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	vs, err := shaders.Variants(m.Network.Config, c.limits)
	if err != nil {
		t.Fatal(err)
	}
	cpu := render.NewCPU(m.Network.Pack(), m.Scene)
	check := render.Orbit{ElDeg: 20, AzDeg: 30}.Turntable(m.Scene, 1, 64, 64)[0]
	want := render.NewImage(64, 64)
	if err := cpu.Render(stdcontext.Background(), want, &check, render.Options{}); err != nil {
		t.Fatal(err)
	}
	sizes := [][2]int{{256, 256}, {1920, 1080}}
	if c.Software {
		sizes = [][2]int{{64, 64}}
	}
	for _, v := range vs {
		if f := os.Getenv("VARIANT"); f != "" && !strings.Contains(v.String(), f) {
			continue
		}
		err := c.call(func() error {
			t0 := time.Now()
			s, err := shaders.New(m.Network, v)
			if err != nil {
				return err
			}
			for _, e := range strings.Split(os.Getenv("EDIT"), "|") {
				a, b, _ := strings.Cut(e, "=>")
				if re, ok := strings.CutPrefix(a, "re:"); ok {
					for i := range s.Pieces {
						s.Pieces[i].Text = regexp.MustCompile(re).ReplaceAllString(s.Pieces[i].Text, b)
					}
					continue
				}
				for i := range s.Pieces {
					if a != "" {
						s.Pieces[i].Text = strings.ReplaceAll(s.Pieces[i].Text, a, b)
					}
				}
			}
			p, err := build(s, c.Software)
			if err != nil {
				return err
			}
			defer p.delete()
			if dir := os.Getenv("BLOB"); dir != "" {
				var n int32
				gl.GetProgramiv(p.id, gl.PROGRAM_BINARY_LENGTH, &n)
				blob := make([]byte, n)
				var format uint32
				gl.GetProgramBinary(p.id, n, &n, &format, gl.Ptr(blob))
				os.WriteFile(dir+"/"+v.String()+".bin", blob, 0o666)
			}
			tb := time.Since(t0)
			if _, err := p.draw(stdcontext.Background(), &check, m.Scene, 1); err != nil {
				return err
			}
			got := render.NewImage(64, 64)
			p.read(got)
			most, mean := difference(got, want)
			fmt.Printf("%-32s build %4d ms  max %.2f mean %.3f", v, tb.Milliseconds(), most, mean)
			if os.Getenv("EDIT") != "" {
				for _, i := range []int{0, 5, 64*8 + 3, 64*30 + 30, 64*32 + 33} {
					fmt.Print(got.Pix[3*i:3*i+3], " ")
				}
			}
			for _, size := range sizes {
				cam := render.Orbit{ElDeg: 20}.Turntable(m.Scene, 1, size[0], size[1])[0]
				var ts []time.Duration
				reps := 30
				if c.Software {
					reps = 1
				}
				for t0 := time.Now(); len(ts) < reps || !c.Software && time.Since(t0) < 150*time.Millisecond; {
					d, err := p.draw(stdcontext.Background(), &cam, m.Scene, 1)
					if err != nil {
						return err
					}
					ts = append(ts, d)
				}
				slices.Sort(ts)
				fmt.Printf("  %dx%d %.3f ms", size[0], size[1], float64(ts[len(ts)/4].Nanoseconds())/1e6)
			}
			fmt.Println()
			return nil
		})
		if err != nil {
			fmt.Printf("%-32s %.2000s\n", v, err)
		}
	}
}
