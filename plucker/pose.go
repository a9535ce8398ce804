package plucker

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/go-gl/mathgl/mgl64"
)

// A Pose is a rigid transform from camera to world: x_world = Rot·x_camera + Pos. The columns of Rot are the
// camera's right, up and backward axes. The zero value is not a pose.
type Pose struct {
	Rot mgl64.Mat3
	Pos mgl64.Vec3
}

const (
	rigidLimit = 1e-3 // a matrix further than this from a rotation is refused
	rigidExact = 1e-9 // and one nearer than this is kept bit for bit
)

// PoseFromMat4 reads a camera-to-world matrix. It returns an error unless every entry is finite, the bottom
// row is 0 0 0 1, and the upper left is a rotation to within 1e-3; what is left of that is removed by taking
// the nearest rotation.
func PoseFromMat4(m mgl64.Mat4) (Pose, error) {
	for i, x := range m {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return Pose{}, fmt.Errorf("pose: row %d, column %d is %v, want a finite number", i%4, i/4, x)
		}
	}
	if b := m.Row(3); b.Sub(mgl64.Vec4{0, 0, 0, 1}).Len() > 1e-6 {
		return Pose{}, fmt.Errorf("pose: bottom row is %v, want [0 0 0 1]", b)
	}
	p := Pose{Rot: m.Mat3(), Pos: m.Col(3).Vec3()}
	e := rigidError(p.Rot)
	if e > rigidLimit {
		return Pose{}, fmt.Errorf("pose: is not rigid: |RᵀR−I| is %.3g, want at most %v", e, rigidLimit)
	}
	if p.Rot.Det() < 0 {
		return Pose{}, errors.New("pose: is a mirror image: det R is −1, want 1")
	}
	if e > rigidExact {
		p.Rot = nearestRotation(p.Rot)
	}
	return p, nil
}

// Mat4 returns the camera-to-world matrix.
func (p Pose) Mat4() mgl64.Mat4 {
	m := p.Rot.Mat4()
	m.SetCol(3, p.Pos.Vec4(1))
	return m
}

// Inverse returns worldToCam.
func (p Pose) Inverse() Pose {
	rt := p.Rot.Transpose()
	return Pose{Rot: rt, Pos: rt.Mul3x1(p.Pos).Mul(-1)}
}

// Right returns the camera's +X axis in the world.
func (p Pose) Right() mgl64.Vec3 { return p.Rot.Col(0) }

// Up returns the camera's +Y axis in the world.
func (p Pose) Up() mgl64.Vec3 { return p.Rot.Col(1) }

// Forward returns the viewing direction, the camera's −Z axis, in the world.
func (p Pose) Forward() mgl64.Vec3 { return p.Rot.Col(2).Mul(-1) }

// LookAt returns the pose of a camera at eye that looks at target with up towards the top of the image.
// Where eye and target coincide it looks along world −Z; where up is parallel to the view it takes another.
func LookAt(eye, target, up mgl64.Vec3) Pose {
	back := eye.Sub(target)
	if l := back.Len(); l > 0 {
		back = back.Mul(1 / l)
	} else {
		back = mgl64.Vec3{0, 0, 1}
	}
	right := up.Cross(back)
	for _, other := range []mgl64.Vec3{{0, 1, 0}, {1, 0, 0}} {
		if right.Len() > 1e-9*up.Len() {
			break
		}
		up, right = other, other.Cross(back)
	}
	right = right.Normalize()
	return Pose{Rot: mgl64.Mat3FromCols(right, back.Cross(right), back), Pos: eye}
}

// MarshalJSON writes the 4×4 camera-to-world matrix as four rows.
func (p Pose) MarshalJSON() ([]byte, error) {
	m := p.Mat4()
	return json.Marshal([4]mgl64.Vec4{m.Row(0), m.Row(1), m.Row(2), m.Row(3)})
}

// UnmarshalJSON reads four rows of four numbers and checks them as [PoseFromMat4] does.
func (p *Pose) UnmarshalJSON(b []byte) error {
	var rows [][]float64
	if err := json.Unmarshal(b, &rows); err != nil {
		return fmt.Errorf("pose: %w", err)
	}
	if len(rows) != 4 {
		return fmt.Errorf("pose: has %d rows, want 4", len(rows))
	}
	var m mgl64.Mat4
	for i, r := range rows {
		if len(r) != 4 {
			return fmt.Errorf("pose: row %d has %d numbers, want 4", i, len(r))
		}
		m.SetRow(i, mgl64.Vec4(r))
	}
	q, err := PoseFromMat4(m)
	if err != nil {
		return err
	}
	*p = q
	return nil
}

// rigidError returns the largest entry of |RᵀR − I|, or +Inf where one is NaN.
func rigidError(r mgl64.Mat3) float64 {
	worst := 0.0
	for _, e := range r.Transpose().Mul3(r).Sub(mgl64.Ident3()) {
		if !(math.Abs(e) <= worst) {
			worst = math.Abs(e)
		}
		if math.IsNaN(e) {
			return math.Inf(1)
		}
	}
	return worst
}

// nearestRotation returns the rotation nearest to r, which must be near one already: the polar factor, by
// Newton's iteration r ← (r + r⁻ᵀ)/2, whose error squares in every step.
func nearestRotation(r mgl64.Mat3) mgl64.Mat3 {
	for range 4 {
		r = r.Add(r.Inv().Transpose()).Mul(0.5)
	}
	return r
}
