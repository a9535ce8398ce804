package render

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestWriteFrames(t *testing.T) {
	fakeFFmpeg(t, `for last; do :; done; exec cat > "$last"`)
	for _, tt := range []struct {
		name   string
		n      int
		frames iter.Seq2[*Image, error]
		want   []string
	}{
		{"a.png", 1, sizes(4), []string{"a.png"}},
		{"a.b.PNG", 3, sizes(4, 4, 4), []string{"a.b-0000.PNG", "a.b-0001.PNG", "a.b-0002.PNG"}},
		{"fewer.png", 9, sizes(4, 4), []string{"fewer-0000.png", "fewer-0001.png"}},
		{"a.Gif", 2, sizes(4, 4), []string{"a.Gif"}},
		{"a.mp4", 2, sizes(4, 4), []string{"a.mp4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, tt.name)
			if err := CheckFrames(path, tt.n, 4, 4); err != nil {
				t.Error(err)
			}
			files, err := WriteFrames(t.Context(), path, tt.n, tt.frames, 10)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range files {
				got = append(got, filepath.Base(f))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("files are %v, want %v", got, tt.want)
			}
			onlyFiles(t, dir, tt.want...)
		})
	}
}

func TestWriteFramesErrors(t *testing.T) {
	fakeFFmpeg(t, `exec cat > /dev/null`)
	dir := t.TempDir()
	stop := errors.New("stop")
	for _, name := range []string{"a.png", "a.gif", "a.mp4", "a.txt", "a"} {
		path := filepath.Join(dir, name)
		known := filepath.Ext(name) != ".txt" && filepath.Ext(name) != ""
		for _, tt := range []struct {
			frames iter.Seq2[*Image, error]
			want   string
		}{{sizes(), "no frames"}, {failing(stop), "stop"}} {
			want := tt.want
			if !known {
				want = "save " + path + ": want a name that ends in .png, .gif or .mp4"
			}
			if files, err := WriteFrames(t.Context(), path, 1, tt.frames, 10); err == nil || !strings.Contains(err.Error(), want) || len(files) > 0 && name != "a.png" {
				t.Errorf("%s: wrote %v, %v, want an error with %q", name, files, err, want)
			}
		}
	}
	onlyFiles(t, dir, "a.png") // the frame before the error
}

// When ctx is done between frames, or while a GIF is encoded, no part of a file is there.
func TestWriteFramesCancelled(t *testing.T) {
	fakeFFmpeg(t, `exec cat > /dev/null`)
	for _, name := range []string{"a.png", "a.gif", "a.mp4"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		ctx, cancel := context.WithCancel(t.Context())
		frames := func(yield func(*Image, error) bool) {
			for range 3 {
				if !yield(NewImage(4, 4), nil) {
					return
				}
				cancel() // which the frames do not mind
			}
		}
		files, err := WriteFrames(ctx, path, 3, frames, 10)
		if err != context.Canceled {
			t.Errorf("%s: %v, want %v", name, err, context.Canceled)
		}
		if name == "a.png" {
			onlyFiles(t, dir, filepath.Base(files[0]))
		} else {
			onlyFiles(t, dir)
		}
	}

	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	last := func(yield func(*Image, error) bool) {
		_ = yield(NewImage(4, 4), nil)
		cancel()
	}
	if err := WriteGIF(ctx, filepath.Join(dir, "a.gif"), last, 10); err != context.Canceled {
		t.Errorf("a GIF whose frames are all there: %v, want %v", err, context.Canceled)
	}
	onlyFiles(t, dir)
}

func TestCheckFrames(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, tt := range []struct {
		path    string
		n, w, h int
		want    string // "" for no error
	}{
		{"a.png", 100000, 4000, 4000, ""},
		{"a.png", 0, 4, 4, "no frames"},
		{"a.png", 1, 0, 4, "size is 0×4"},
		{"a.gif", 100, 1000, 1000, ""},
		{"a.gif", 9, 16000, 16000, "9 frames of 16000×16000 pixels are too much for a GIF"},
		{"a.mp4", 1, 4, 4, "ffmpeg is not on the PATH"},
		{"a.webp", 1, 4, 4, "want a name that ends in .png, .gif or .mp4"},
	} {
		err := CheckFrames(tt.path, tt.n, tt.w, tt.h)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), "render: save "+tt.path) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("CheckFrames(%s, %d, %d, %d) = %v, want %q", tt.path, tt.n, tt.w, tt.h, err, tt.want)
		}
	}
	fakeFFmpeg(t, "")
	if err := CheckFrames("a.mp4", 1, 4, 4); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat("a.mp4"); err == nil {
		t.Error("to check writes a file")
	}
}
