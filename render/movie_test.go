package render

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lfnview/plucker"
)

func turning(t *testing.T, n, w, h int) ([]*Image, iter.Seq2[*Image, error]) {
	t.Helper()
	f := plucker.UnitFrame()
	r := NewCPU(ball{}, f)
	cams := Orbit{ElDeg: 20}.Turntable(f, n, w, h)
	var all []*Image
	for i := range cams {
		all = append(all, shoot(t, ball{}, cams[i], Options{Samples: 2}))
	}
	return all, Frames(context.Background(), r, cams, Options{Samples: 2})
}

func failing(err error) iter.Seq2[*Image, error] {
	return func(yield func(*Image, error) bool) {
		_ = yield(NewImage(4, 4), nil) && yield(nil, err)
	}
}

func sizes(sizes ...int) iter.Seq2[*Image, error] {
	return func(yield func(*Image, error) bool) {
		for _, s := range sizes {
			if !yield(NewImage(s, s), nil) {
				return
			}
		}
	}
}

func TestWriteGIF(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "turn.gif")
	want, frames := turning(t, 6, 65, 43)
	if err := WriteGIF(t.Context(), path, frames, 30); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g, err := gif.DecodeAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Image) != 6 || g.LoopCount != 0 {
		t.Fatalf("%d frames, loop count %d, want 6 and 0, which is for ever", len(g.Image), g.LoopCount)
	}
	if s := fmt.Sprint(g.Delay); s != "[3 4 3 3 4 3]" {
		t.Errorf("delays are %v, want [3 4 3 3 4 3], 20 hundredths in all", s)
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, 65, 43))
	for i, m := range g.Image {
		draw.Draw(canvas, m.Rect, m, m.Rect.Min, draw.Over)
		got := FromRGBA(canvas.Pix, 65, 43, [3]float32{})
		if p := PSNR(got, want[i]); p < 34 {
			t.Errorf("frame %d has %.1f dB, want 34", i, p)
		}
	}
}

func TestGIFOfFewColours(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.gif")
	if err := WriteGIF(t.Context(), path, sizes(3, 3), 100); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g, err := gif.DecodeAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if r, gr, b, a := g.Image[0].At(1, 1).RGBA(); r|gr|b != 0 || a != 0xffff || g.Delay[0] != 2 {
		t.Errorf("pixel is %v after %d hundredths, want black and 2", g.Image[0].At(1, 1), g.Delay[0])
	}
}

func TestPaletteKeepsFewColours(t *testing.T) {
	h := new(histogram)
	r := newRand()
	var rgb []uint8
	for range 200 {
		rgb = append(rgb, uint8(r.IntN(64)*4), uint8(r.IntN(64)*4), uint8(r.IntN(64)*4))
	}
	h.add(rgb)
	colors := h.palette(255)
	for i := 0; i < len(rgb); i += 3 {
		c := binColor(bin(rgb[i], rgb[i+1], rgb[i+2]))
		p := colors[nearest(colors, c)]
		if math.Abs(float64(p[0]-c[0]))+math.Abs(float64(p[1]-c[1]))+math.Abs(float64(p[2]-c[2])) > 0.01 {
			t.Fatalf("colour %v became %v, though 200 fit in 255", c, p)
		}
	}
}

func TestMovieErrors(t *testing.T) {
	dir := t.TempDir()
	fakeFFmpeg(t, "exec cat > /dev/null")
	stop := errors.New("stop")
	writers := map[string]func(context.Context, string, iter.Seq2[*Image, error], float64) error{
		"a.gif": WriteGIF,
		"a.mp4": WriteMP4,
	}
	for name, write := range writers {
		path := filepath.Join(dir, name)
		for _, tt := range []struct {
			name   string
			path   string
			frames iter.Seq2[*Image, error]
			fps    float64
			want   string
		}{
			{"no frames", path, sizes(), 10, "no frames"},
			{"sizes differ", path, sizes(4, 5), 10, "frame 1: is 5×5 pixels, want 4×4"},
			{"an error", path, failing(stop), 10, "stop"},
			{"no speed", path, sizes(4), 0, "0 frames a second"},
			{"NaN speed", path, sizes(4), math.NaN(), "NaN frames a second"},
		} {
			if err := write(t.Context(), tt.path, tt.frames, tt.fps); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %s: %v, want an error with %q", name, tt.name, err, tt.want)
			}
		}
	}
	if err := WriteGIF(t.Context(), filepath.Join(dir, "none", "a.gif"), sizes(4), 10); err == nil {
		t.Error("writing to a folder that is not there is no error")
	}
	onlyFiles(t, dir)
}

// fakeFFmpeg puts a shell script named ffmpeg before everything on the PATH.
func fakeFFmpeg(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte("#!/bin/sh\n"+script+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestWriteMP4(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.mp4")
	ctx := context.Background()

	// This ffmpeg keeps the raw frames, so that they can be looked at.
	fakeFFmpeg(t, `for last; do :; done; exec cat > "$last"`)
	want, frames := turning(t, 3, 15, 9)
	if err := WriteMP4(ctx, path, frames, 24); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) != 3*16*10*3 {
		t.Fatalf("ffmpeg got %d bytes, want 3 frames of 16×10", len(raw))
	}
	for i, m := range want {
		for y := range 10 {
			for x := range 16 {
				w := m.ToNRGBA().NRGBAAt(min(x, 14), min(y, 8))
				if p := raw[3*(160*i+16*y+x):]; p[0] != w.R || p[1] != w.G || p[2] != w.B {
					t.Fatalf("frame %d pixel (%d, %d) is %v, want %v", i, x, y, p[:3], w)
				}
			}
		}
	}

	fakeFFmpeg(t, `echo first >&2; echo "no such encoder" >&2; exit 3`)
	_, frames = turning(t, 3, 64, 64)
	err = WriteMP4(ctx, path, frames, 24)
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 3: no such encoder") || strings.Contains(err.Error(), "\n") {
		t.Errorf("with an ffmpeg that fails: %v", err)
	}
	if again, err := os.ReadFile(path); err != nil || len(again) != len(raw) {
		t.Errorf("the earlier film has %d bytes (%v), want it as it was", len(again), err)
	}

	fakeFFmpeg(t, `exec sleep 100`)
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_, frames = turning(t, 3, 64, 64)
	if err := WriteMP4(ctx, path, frames, 24); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, want %v", err, context.Canceled)
	}

	t.Setenv("PATH", dir)
	_, frames = turning(t, 1, 4, 4)
	if err := WriteMP4(context.Background(), path, frames, 24); err == nil || !strings.Contains(err.Error(), "ffmpeg is not on the PATH") {
		t.Errorf("without ffmpeg: %v", err)
	}
	onlyFiles(t, dir, "a.mp4")
}

func TestWriteMP4ByFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg on the PATH")
	}
	path := filepath.Join(t.TempDir(), "a.mp4")
	_, frames := turning(t, 5, 65, 43)
	if err := WriteMP4(context.Background(), path, frames, 24); err != nil {
		t.Fatal(err)
	}
	film, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(film) < 12 || string(film[4:8]) != "ftyp" {
		t.Errorf("the film is %d bytes that do not begin as an MP4", len(film))
	}
}
