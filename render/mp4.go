package render

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// WriteMP4 writes frames, all of one size, to an H.264 film by way of the program ffmpeg, which must be on the
// PATH. Where a side is odd, the last row or column is there twice, as yuv420p has only even sides.
func WriteMP4(ctx context.Context, path string, frames iter.Seq2[*Image, error], fps float64) error {
	if !(fps >= 0.01 && fps <= maxFPS) {
		return fmt.Errorf("render: save %s: %v frames a second, want 0.01 to %v", path, fps, maxFPS)
	}
	ffmpeg, err := findFFmpeg(path)
	if err != nil {
		return err
	}
	// MP4 is not written from front to back, so ffmpeg gets a real file, and the target a copy of it.
	dir, err := os.MkdirTemp("", "lfn-mp4-")
	if err != nil {
		return fmt.Errorf("render: save %s: %w", path, err)
	}
	defer os.RemoveAll(dir)
	film := filepath.Join(dir, "film.mp4")

	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends an ffmpeg that still runs
	next, stop := iter.Pull2(frames)
	defer stop()
	first, err, ok := next()
	if !ok {
		err = fmt.Errorf("render: save %s: %w", path, errNoFrames)
	}
	if err != nil {
		return err
	}
	w, h := first.Width, first.Height
	cmd := exec.CommandContext(ctx, ffmpeg, ffmpegArgs(film, w+w%2, h+h%2, fps)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("render: save %s: ffmpeg: %w", path, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("render: save %s: ffmpeg: %w", path, err)
	}
	feedErr, frameErr := feed(in, first, next)
	if frameErr != nil {
		cancel()
	}
	in.Close()
	waitErr := cmd.Wait()
	switch {
	case frameErr != nil:
		return frameErr
	case ctx.Err() != nil:
		return ctx.Err()
	case waitErr != nil: // says more than the broken pipe of feedErr
		return fmt.Errorf("render: save %s: ffmpeg: %w: %s", path, waitErr, lastLine(said.String()))
	case feedErr != nil:
		return fmt.Errorf("render: save %s: ffmpeg: %w", path, feedErr)
	}
	f, err := os.Open(film)
	if err != nil {
		return fmt.Errorf("render: save %s: ffmpeg made no film: %w", path, err)
	}
	defer f.Close()
	return writeFile(path, func(out io.Writer) error {
		_, err := io.Copy(out, f)
		return err
	})
}

// findFFmpeg finds the program that makes the film at path.
func findFFmpeg(path string) (string, error) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return "", fmt.Errorf("render: save %s: ffmpeg is not on the PATH; install it, or write a .gif", path)
	}
	return ffmpeg, nil
}

// ffmpegArgs says: raw RGB from stdin, to what every player shows, with the colours of sRGB and HD video.
func ffmpegArgs(out string, w, h int, fps float64) []string {
	return []string{
		"-loglevel", "error", "-nostdin", "-y",
		"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", fmt.Sprintf("%dx%d", w, h),
		"-r", strconv.FormatFloat(fps, 'f', -1, 64), "-i", "pipe:0",
		"-vf", "scale=out_color_matrix=bt709:out_range=tv",
		"-c:v", "libx264", "-crf", "16", "-preset", "slow", "-pix_fmt", "yuv420p",
		"-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
		"-movflags", "+faststart", "-f", "mp4", out,
	}
}

// feed writes the frames to ffmpeg, with even sides.
func feed(in io.Writer, first *Image, next func() (*Image, error, bool)) (feedErr, frameErr error) {
	b := bufio.NewWriterSize(in, 1<<20)
	w, h := first.Width, first.Height
	var rgb []uint8
	m, err, ok := first, error(nil), true
	for n := 0; ok; n++ {
		if err != nil {
			return nil, err
		}
		if rgb, err = m.appendRGB(rgb[:0], w, h); err != nil {
			return nil, fmt.Errorf("render: frame %d: %w", n, err)
		}
		for y := range h + h%2 {
			row := rgb[3*w*min(y, h-1):][:3*w]
			b.Write(row)
			if w%2 == 1 {
				b.Write(row[3*(w-1):])
			}
		}
		if err := b.Flush(); err != nil { // holds the error of all writes above
			return err, nil
		}
		m, err, ok = next()
	}
	return nil, nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
