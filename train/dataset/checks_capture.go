package dataset

import (
	"errors"
	"fmt"
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

// checkTransparent refuses photographs in which there is nothing.
func (s *Set) checkTransparent() error {
	train := s.Split(Train)
	for _, i := range train {
		for p := 3; p < len(s.Views[i].Pix); p += 4 {
			if s.Views[i].Pix[p] != 0 {
				return nil
			}
		}
	}
	if len(train) == 0 {
		return nil
	}
	return errors.New("all training images are transparent everywhere: there is nothing to learn, export them with what they show")
}
