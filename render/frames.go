package render

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"lfnview/plucker"
	"lfnview/render/raster"
)

// maxGIF bounds the pixels of all frames of a GIF, which are in memory all at once.
const maxGIF = 1 << 30

// WriteFrames writes frames to path, whose name says what becomes of them: .png is a picture, or several numbered
// ones where n, how many frames there are at most, is more than one; .gif an animation; .mp4 a film. See [WriteGIF]
// and [WriteMP4]. Pictures have the texts. It returns the names of the files that it wrote, each of them whole. When ctx is
// done it returns ctx.Err().
func WriteFrames(ctx context.Context, path string, n int, frames iter.Seq2[*Image, error], fps float64, texts ...raster.Text) (files []string, err error) {
	switch format(path) {
	case ".png":
		return writePNGs(ctx, path, n, frames, texts)
	case ".gif":
		err = WriteGIF(ctx, path, frames, fps)
	case ".mp4":
		err = WriteMP4(ctx, path, frames, fps)
	default:
		err = errFormat(path)
	}
	if err != nil {
		return nil, err
	}
	return []string{path}, nil
}

// CheckFrames says what would keep [WriteFrames] from writing n frames of w×h pixels, before any is rendered.
func CheckFrames(path string, n, w, h int) error {
	if n < 1 {
		return fmt.Errorf("render: save %s: %w", path, errNoFrames)
	}
	if err := plucker.CheckSize(w, h); err != nil {
		return fmt.Errorf("render: save %s: %w", path, err)
	}
	if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
		return fmt.Errorf("render: save %s: there is no folder %s: make it first", path, filepath.Dir(path))
	}
	switch format(path) {
	case ".png":
		return nil
	case ".gif":
		if int64(n)*int64(w)*int64(h) > maxGIF {
			return fmt.Errorf("render: save %s: %d frames of %d×%d pixels are too much for a GIF: write an .mp4, or fewer or smaller ones", path, n, w, h)
		}
		return nil
	case ".mp4":
		_, err := findFFmpeg(path)
		return err
	}
	return errFormat(path)
}

// format is the ending of path.
func format(path string) string { return strings.ToLower(filepath.Ext(path)) }

func errFormat(path string) error {
	return fmt.Errorf("render: save %s: want a name that ends in .png, .gif or .mp4", path)
}

// writePNGs writes each frame to a file of its own.
func writePNGs(ctx context.Context, path string, n int, frames iter.Seq2[*Image, error], texts []raster.Text) (files []string, err error) {
	names := Numbered(path, n)
	for m, err := range frames {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = m.SavePNG(names[len(files)], texts...)
		}
		if err != nil {
			return files, err
		}
		files = names[:len(files)+1]
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("render: save %s: %w", path, errNoFrames)
	}
	return files, nil
}

// Numbered returns the names of n pictures: out.png, or out-0000.png, out-0001.png and so on.
func Numbered(path string, n int) []string {
	if n == 1 {
		return []string{path}
	}
	ext := filepath.Ext(path)
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%04d%s", strings.TrimSuffix(path, ext), i, ext)
	}
	return names
}
