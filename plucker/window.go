package plucker

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// A Window is the perspective of cameras that all look the same way: it maps what they see between two planes in front of
// them to the cube [−1, 1]³, and lines to lines, as the normalised device coordinates of NeRF's forward-facing scenes
// do (Mildenhall et al., NeRF, ECCV 2020, supplement C). A point that is (x, y, −z) as Eye sees it, z in front of it, becomes
//
//	(x/(z·Tan[0]), y/(z·Tan[1]), 1 − 2·(1/z − 1/Far)/(1/Near − 1/Far))
//
// All of it is in the scene frame.
type Window struct {
	Eye  mgl64.Vec3 `json:"eye"`
	Axes mgl64.Mat3 `json:"axes"` // columns: right, up, back
	Tan  mgl64.Vec2 `json:"tan"`  // half width and half height at distance 1
	Near float64    `json:"near"` // distance of the first plane
	Far  float64    `json:"far"`  // of the second; 0 is infinity
}

// Points is the map in homogeneous coordinates.
func (w *Window) Points() mgl64.Mat4 {
	turn := w.Axes.Transpose()
	move := turn.Mul3x1(w.Eye).Mul(-1)
	view := turn.Mat4()
	view.SetCol(3, move.Vec4(1))
	behind := 0.0 // what the scale of z is above 1
	if w.Far > 0 {
		behind = 2 * w.Near / (w.Far - w.Near)
	}
	project := mgl64.Mat4FromRows(mgl64.Vec4{1 / w.Tan[0], 0, 0, 0}, mgl64.Vec4{0, 1 / w.Tan[1], 0, 0},
		mgl64.Vec4{0, 0, -1 - behind, -w.Near * (2 + behind)}, mgl64.Vec4{0, 0, -1, 0})
	return project.Mul4(view)
}

// UnmarshalJSON refuses lists of other lengths, which encoding/json would fill up or cut.
func (w *Window) UnmarshalJSON(b []byte) error {
	var v struct {
		Eye, Axes, Tan []float64
		Near, Far      float64
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if len(v.Eye) != 3 || len(v.Axes) != 9 || len(v.Tan) != 2 {
		return fmt.Errorf("window: eye, axes and tan have %d, %d and %d numbers, want 3, 9 and 2", len(v.Eye), len(v.Axes), len(v.Tan))
	}
	*w = Window{mgl64.Vec3(v.Eye), mgl64.Mat3(v.Axes), mgl64.Vec2(v.Tan), v.Near, v.Far}
	return nil
}

// Lines is the map of Plücker coordinates (d, m) that goes with that of points, by rows; what it gives is not of unit
// direction.
//
// The line through a and b, homogeneous, has the direction a₃·b − b₃·a and the moment a × b.
func (w *Window) Lines() [6][6]float64 {
	h := w.Points()
	var l [6][6]float64
	// Of a line with direction d and moment m the Plücker matrix o·dᵀ − d·oᵀ has entries of m and d.
	for c := range 6 {
		var d, m mgl64.Vec3
		if c < 3 {
			d[c] = 1
		} else {
			m[c-3] = 1
		}
		// p[i][j] = oᵢdⱼ − dᵢoⱼ, with o₃ = 1 and d₃ = 0.
		p := mgl64.Mat4FromRows(mgl64.Vec4{0, m[2], -m[1], -d[0]}, mgl64.Vec4{-m[2], 0, m[0], -d[1]},
			mgl64.Vec4{m[1], -m[0], 0, -d[2]}, mgl64.Vec4{d[0], d[1], d[2], 0})
		q := h.Mul4(p).Mul4(h.Transpose())
		for r := range 3 {
			l[r][c] = q.At(3, r)
		}
		l[3][c], l[4][c], l[5][c] = q.At(1, 2), q.At(2, 0), q.At(0, 1)
	}
	return l
}

// Validate returns an error which names the first thing that is wrong with the window.
func (w *Window) Validate() error {
	for _, x := range append(append(w.Axes[:], w.Eye[:]...), w.Tan[0], w.Tan[1], w.Near, w.Far) {
		if !(math.Abs(x) <= 1e6) {
			return fmt.Errorf("window: has a %v, want finite numbers", x)
		}
	}
	if !(w.Tan[0] >= 1e-6 && w.Tan[1] >= 1e-6 && w.Near >= 1e-6) {
		return fmt.Errorf("window: tan is %v and near %v, want them above 0", w.Tan, w.Near)
	}
	if w.Far != 0 && !(w.Far > w.Near*1.001) {
		return fmt.Errorf("window: far is %v, want 0 or more than near, %v", w.Far, w.Near)
	}
	if d := w.Axes.Mul3(w.Axes.Transpose()).Sub(mgl64.Ident3()); maxAbs(d) > 1e-3 {
		return fmt.Errorf("window: axes are not of unit length and at right angles")
	}
	return nil
}

func maxAbs(m mgl64.Mat3) float64 {
	most := 0.0
	for _, x := range m {
		most = max(most, math.Abs(x))
	}
	return most
}

const (
	leastForward = 0.8 // length of the mean of the directions of cameras that look the same way
	widestTan    = 2   // of a window: beyond, what is in the middle is too small in it
)

// WindowOf returns the window, in the frame f, of cameras that look the same way, or nil where they do not. What each of them
// sees is between two distances from it, along the mean of their directions, in the world; far may be infinite.
func WindowOf(cams []Camera, f Frame, near, far float64) *Window {
	if len(cams) == 0 || !(near > 0) {
		return nil
	}
	var eye, forward, up mgl64.Vec3
	for i := range cams {
		p := &cams[i].Pose
		eye, forward, up = eye.Add(p.Pos), forward.Add(p.Forward()), up.Add(p.Up())
	}
	n := 1 / float64(len(cams))
	eye = eye.Mul(n)
	if forward.Len()*n < leastForward {
		return nil
	}
	back := forward.Normalize().Mul(-1)
	right := up.Cross(back)
	if right.Len()*n < 0.1 {
		return nil
	}
	right = right.Normalize()
	w := &Window{Axes: mgl64.Mat3FromCols(right, back.Cross(right), back)}
	turn := w.Axes.Transpose()
	foremost, hindmost := 0.0, 0.0
	for i := range cams {
		z := -turn.Mul3x1(cams[i].Pose.Pos.Sub(eye))[2]
		foremost, hindmost = max(foremost, z), min(hindmost, z)
	}
	if near += hindmost; !(near > foremost) {
		return nil // what one camera sees is beside or behind another
	}
	far += foremost
	for i := range cams {
		c := &cams[i]
		o := turn.Mul3x1(c.Pose.Pos.Sub(eye))
		for _, x := range []float64{0, 0.5, 1} {
			for _, y := range []float64{0, 0.5, 1} {
				d := turn.Mul3x1(c.Ray(x*float64(c.Width), y*float64(c.Height)).Dir)
				if !(d[2] < 0) {
					return nil
				}
				for _, z := range []float64{near, far} {
					for k := range 2 {
						// Where the ray is at z, as the eye sees it; d is that of infinity.
						w.Tan[k] = max(w.Tan[k], math.Abs(d[k]/d[2]+(o[k]-o[2]*d[k]/d[2])/-z))
					}
				}
			}
		}
	}
	w.Eye, w.Near = f.toScene(eye), near/f.Radius
	if !math.IsInf(far, 0) {
		w.Far = far / f.Radius
	}
	if max(w.Tan[0], w.Tan[1]) > widestTan || w.Validate() != nil {
		return nil
	}
	return w
}
