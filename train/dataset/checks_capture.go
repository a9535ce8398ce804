package dataset

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// checkCapture warns of photographs that a network can hardly learn from. guessed says that the frame is from the
// cameras alone.
func (s *Set) checkCapture(guessed bool) {
	away, inside := 0, 0
	for i := range s.Views {
		pose := &s.Views[i].Camera.Pose
		to := s.Frame.Center.Sub(pose.Pos)
		if to.Dot(pose.Forward()) < 0 {
			away++
		}
		if to.Len() < s.Frame.Radius {
			inside++
		}
	}
	n := len(s.Views)
	switch {
	case s.Window != nil:
	case guessed && 2*away > n:
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d cameras look away from each other: if they stand around something, their poses are of another convention, want x to the right, y up and z backwards; if they look around in a room, little is seen twice, expect no depth", away, n))
	case !guessed && 10*inside > n:
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d cameras stand inside what they look at: what is between them, and nearer than the nearest, is not seen, or seen where it is not", inside, n))
	}
}

// checkTransparent refuses photographs in which there is nothing, and warns where some have nothing. It needs their pixels.
func (s *Set) checkTransparent() error {
	train := s.Split(Train)
	empty, example := 0, ""
	for _, i := range train {
		if v := &s.Views[i]; v.Pix != nil && !v.shows() {
			if empty == 0 {
				example = v.Name
			}
			empty++
		}
	}
	switch {
	case empty == 0:
		return nil
	case empty == len(train):
		return errors.New("all training images are transparent everywhere: there is nothing to learn, export them with what they show")
	}
	s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d training images are transparent everywhere, such as %s: by them there is nothing to see from there, leave them out if there is", empty, len(train), example))
	return nil
}

// shows says whether a pixel of the view is not quite transparent.
func (v *View) shows() bool {
	for p := 3; p < len(v.Pix); p += 4 {
		if v.Pix[p] != 0 {
			return true
		}
	}
	return false
}

// wildExposure is how many times as bright or dark as the median a photograph may be, which is as far as training evens it
// out. Of 688 photographs and renderings of seven scenes none is beyond 1.8.
const wildExposure = 4

// checkExposure warns of photographs that are much brighter or darker than most, in the mean of their opaque pixels. It
// needs their pixels; the error is that of ctx.
func (s *Set) checkExposure(ctx context.Context, workers int) error {
	bright := make([]float64, len(s.Views)) // 0 where nothing is opaque
	err := forEach(ctx, len(s.Views), workers, func(i int) error {
		sum, n := 0, 0
		for pix := s.Views[i].Pix; len(pix) > 0; pix = pix[4:] {
			if pix[3] == 255 {
				sum += int(pix[0]) + int(pix[1]) + int(pix[2])
				n += 3
			}
		}
		if n > 0 {
			bright[i] = max(float64(sum)/float64(n), 1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	known := slices.DeleteFunc(slices.Clone(bright), func(b float64) bool { return b == 0 })
	if len(known) == 0 {
		return nil
	}
	slices.Sort(known)
	median := known[len(known)/2]
	count, example := 0, ""
	for i, b := range bright {
		if b > wildExposure*median || b > 0 && wildExposure*b < median {
			if count == 0 {
				example = s.Views[i].Name
			}
			count++
		}
	}
	if count > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d of %d images are more than four times as bright or as dark as most, such as %s: so much is not evened out, leave them out", count, len(s.Views), example))
	}
	return nil
}
