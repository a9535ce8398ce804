package render

import (
	"math"
	"sort"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A Path is a camera's way through keyframes: positions and rotations on Catmull-Rom splines, at even speed.
type Path struct {
	Keys   []Key   `json:"keyframes"`
	Loop   bool    `json:"loop,omitempty"`   // from the last key back to the first
	Frames int     `json:"frames,omitempty"` // how many frames the file asks for; 0: it leaves that open
	FPS    float64 `json:"fps,omitempty"`    // 0: left open
	Size   [2]int  `json:"size,omitzero"`    // width and height in pixels; zero: left open
}

// A Key is a camera on the path.
type Key struct {
	Pose   plucker.Pose `json:"pose"`
	FovDeg float64      `json:"fov_deg"` // horizontal
}

const (
	pathSteps = 64 // pieces of the table of lengths, from key to key

	// A turn of this many times the path's mean turn per length counts as much as the motion: the speed is
	// that of the position, except where the camera turns while it hardly moves.
	turnLimit = 4
)

// Cameras returns n cameras with w×h pixels, at even distances along the path from its first key. On a loop
// the one after the last would be the first; otherwise the last is the last key. A path without keys has none.
func (p *Path) Cameras(n, w, h int) []plucker.Camera {
	if len(p.Keys) == 0 {
		return nil
	}
	at := p.lengths()
	cams := make([]plucker.Camera, n)
	for k := range cams {
		s := float64(k) / float64(max(n-1, 1))
		if p.Loop {
			s = float64(k) / float64(n)
		}
		key := p.keyAlong(at, s)
		cams[k] = plucker.Pinhole(key.Pose, w, h, rad(key.FovDeg))
	}
	return cams
}

// keyAlong returns the spline where the part s of its length, from 0 to 1, lies behind. at are its lengths.
func (p *Path) keyAlong(at []float64, s float64) Key {
	s *= at[len(at)-1]
	i := min(sort.SearchFloat64s(at[1:], s), max(len(at)-2, 0))
	t := float64(i)
	if d := at[min(i+1, len(at)-1)] - at[i]; d > 0 {
		t += min(1, (s-at[i])/d)
	}
	return p.key(t / pathSteps)
}

// lengths returns the length of the path from its start to each of its pathSteps·segments + 1 table points.
func (p *Path) lengths() []float64 {
	n := len(p.Keys) - 1
	if p.Loop {
		n++
	}
	n *= pathSteps
	moves, turns := make([]float64, n), make([]float64, n)
	var moved, turned float64
	from := p.key(0)
	for i := range n {
		to := p.key(float64(i+1) / pathSteps)
		moves[i] = to.Pose.Pos.Sub(from.Pose.Pos).Len()
		turns[i] = angle(from.Pose.Rot, to.Pose.Rot)
		moved += moves[i]
		turned += turns[i]
		from = to
	}
	weight := 1.0
	if moved > 0 && turned > 0 {
		weight = moved / turned / turnLimit
	}
	at := make([]float64, n+1)
	for i := range n {
		at[i+1] = at[i] + max(moves[i], weight*turns[i])
	}
	return at
}

// key returns the spline at t, where Keys[i] is at t = i.
func (p *Path) key(t float64) Key {
	n := len(p.Keys)
	i := int(t)
	t -= float64(i)
	if t == 0 {
		return p.Keys[i%n]
	}
	// A neighbour that is missing at an end is the mirror image of the one on the other side.
	k1, k2 := p.Keys[i], p.Keys[(i+1)%n]
	p1, p2 := k1.Pose.Pos, k2.Pose.Pos
	q1 := mgl64.Mat4ToQuat(k1.Pose.Rot.Mat4())
	q2 := nearer(mgl64.Mat4ToQuat(k2.Pose.Rot.Mat4()), q1)
	p0, p3 := p1.Mul(2).Sub(p2), p2.Mul(2).Sub(p1)
	q0, q3 := q1.Scale(2).Sub(q2), q2.Scale(2).Sub(q1)
	f0, f3 := 2*k1.FovDeg-k2.FovDeg, 2*k2.FovDeg-k1.FovDeg
	if i > 0 || p.Loop {
		k := p.Keys[(i+n-1)%n]
		p0, q0, f0 = k.Pose.Pos, nearer(mgl64.Mat4ToQuat(k.Pose.Rot.Mat4()), q1), k.FovDeg
	}
	if i+2 < n || p.Loop {
		k := p.Keys[(i+2)%n]
		p3, q3, f3 = k.Pose.Pos, nearer(mgl64.Mat4ToQuat(k.Pose.Rot.Mat4()), q2), k.FovDeg
	}
	// Catmull-Rom: through p1 and p2, with the slopes (p2 − p0)/2 and (p3 − p1)/2. The quaternions' spline
	// leaves the unit sphere only a little, and never reaches 0, as neighbours are at most 90° apart on it.
	w0 := ((-t+2)*t - 1) * t / 2
	w1 := ((3*t-5)*t*t + 2) / 2
	w2 := ((-3*t+4)*t + 1) * t / 2
	w3 := (t - 1) * t * t / 2
	pos := p0.Mul(w0).Add(p1.Mul(w1)).Add(p2.Mul(w2)).Add(p3.Mul(w3))
	rot := q0.Scale(w0).Add(q1.Scale(w1)).Add(q2.Scale(w2)).Add(q3.Scale(w3)).Normalize()
	fov := f0*w0 + k1.FovDeg*w1 + k2.FovDeg*w2 + f3*w3
	fov = min(max(fov, min(k1.FovDeg, k2.FovDeg)), max(k1.FovDeg, k2.FovDeg))
	return Key{Pose: plucker.Pose{Rot: rot.Mat4().Mat3(), Pos: pos}, FovDeg: fov}
}

// nearer returns whichever of q and −q, which are the same rotation, is nearer to other.
func nearer(q, other mgl64.Quat) mgl64.Quat {
	if q.Dot(other) < 0 {
		return q.Scale(-1)
	}
	return q
}

// angle returns the angle of the rotation from a to b.
func angle(a, b mgl64.Mat3) float64 {
	// |a − b| is 2√2·sin(angle/2), which is exact for small angles too.
	d := a.Sub(b)
	sum := 0.0
	for _, x := range d {
		sum += x * x
	}
	return 2 * math.Asin(min(1, math.Sqrt(sum/8)))
}
