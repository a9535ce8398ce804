package motion

import (
	"lfnview/plucker"
)

// Coverage knows which rays the photographs of a scene have seen.
type Coverage struct {
	frame plucker.Frame
}

// NewCoverage learns from the cameras of the photographs.
func NewCoverage(cams []plucker.Camera, f plucker.Frame) *Coverage { return &Coverage{frame: f} }

// Of returns how far outside the photographs a view is: 0 is inside, 1 and more clearly outside.
func (c *Coverage) Of(v View, w, h int) float64 { return 0 }

// Clamp returns the view nearest to to that is inside.
func (c *Coverage) Clamp(from, to View, w, h int) View { return to }
