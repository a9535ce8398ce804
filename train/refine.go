package train

import (
	"math"
	"slices"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
)

const (
	refinePixels  = 128                                 // of a photograph, for one step of its camera
	refineRays    = refinePixels * (2 + 2*len(twist{})) // that the network answers for that
	refineWork    = 4                                   // rays are learned for one such
	refineShare   = 0.6                                 // of a step, at the begin of the run
	refineDamping = 0.1                                 // of the normal equations, as a share of their diagonal
	refinePrior   = 5e-4                                // squared colour that a pixel's way from the given pose counts as
	centerShare   = 0.1                                 // of what is in common, a round
)

// A twist is the correction of a camera: a rotation vector in the world, in radians, that turns it about the scene's centre,
// and then a translation in scene radii. What the one and the other do to a picture is nearly independent.
type twist [6]float64

// refiner corrects the poses of the training cameras, some every round, in turn. Each does a damped Gauss-Newton step
// (Levenberg 1944, Marquardt 1963) on the squared difference between some pixels of its photograph and what the network
// sees there. The derivatives are differences between cameras that are moved by about a pixel, so that any network will
// do. A pull towards the given pose keeps what a photograph does not tell.
type refiner struct {
	pixels *pixels
	given  []plucker.Camera
	twists []float32 // 6 of each view

	// Of the round at hand.
	field lfn.LightField
	step  int     // of the run
	first int     // view
	share float64 // of a step that is taken

	task func(i int)
}

func newRefiner(p *pixels) *refiner {
	r := &refiner{pixels: p, given: slices.Clone(p.cameras), twists: make([]float32, len(p.cameras)*len(twist{}))}
	r.task = func(i int) { r.refine((r.first + i) % len(r.given)) }
	return r
}

// refineCameras corrects some of the cameras, by ever smaller shares of a step as the run ends.
func (t *Trainer) refineCameras() {
	r := t.refiner
	if r == nil || t.rounds.Step < warmUp || t.lens != nil && t.rounds.Fraction() < lensFirst {
		return
	}
	n := min(max(1, round*t.options.Batch/(refineWork*refineRays)), len(r.given))
	r.field, r.step, r.first = t.network.Pack(), t.rounds.Step, t.rounds.Step/round*n
	r.share = refineShare * 0.5 * (1 + math.Cos(math.Pi*t.rounds.Fraction()))
	t.learner.Run(n, r.task)
	r.center()
	r.apply()
}

// twist is the correction of a view.
func (r *refiner) twist(view int) (w twist) {
	for k := range w {
		w[k] = float64(r.twists[len(w)*view+k])
	}
	return w
}

func (r *refiner) setTwist(view int, w twist) {
	for k := range w {
		r.twists[len(w)*view+k] = float32(w[k])
	}
}

// camera is the camera of a view as corrected by w.
func (r *refiner) camera(view int, w twist) plucker.Camera {
	c, f := r.given[view], &r.pixels.frame
	from := c.Pose.Pos.Sub(f.Center)
	turn := mgl64.Vec3{w[0], w[1], w[2]}
	if angle := turn.Len(); angle > 0 {
		m := mgl64.QuatRotate(angle, turn.Mul(1/angle)).Mat4().Mat3()
		c.Pose.Rot, from = m.Mul3(c.Pose.Rot), m.Mul3x1(from)
	}
	c.Pose.Pos = f.Center.Add(from).Add(mgl64.Vec3{w[3], w[4], w[5]}.Mul(f.Radius))
	return c
}

// apply makes rays come from the corrected cameras.
func (r *refiner) apply() {
	for view := range r.given {
		r.pixels.cameras[view] = r.camera(view, r.twist(view))
	}
}

// refine does one step for the camera of a view, unless that makes the difference larger.
func (r *refiner) refine(view int) {
	p, w := r.pixels, r.twist(view)
	at, photo := p.some(view, r.step, refinePixels)
	colors := func(w twist) []float32 {
		return seen(r.field, r.camera(view, w), p.frame, at)
	}

	pixel := footprint(&r.given[view], &p.frame)
	var slopes [len(w)][]float32 // times two pixels
	for k := range w {
		more, less := w, w
		more[k] += pixel
		less[k] -= pixel
		slopes[k] = colors(more)
		for i, v := range colors(less) {
			slopes[k][i] -= v
		}
	}
	var a [len(w)][len(w)]float64
	var b [len(w)]float64
	now := colors(w)
	for i := range now {
		d := float64(photo[i] - now[i])
		for k := range w {
			s := 0.5 * float64(slopes[k][i])
			b[k] += s * d
			for l := range k + 1 {
				a[k][l] += s * 0.5 * float64(slopes[l][i])
			}
		}
	}
	for k := range w {
		a[k][k] += refineDamping*a[k][k] + refinePrior*refinePixels
		b[k] -= refinePrior * refinePixels * w[k] / pixel
	}
	step := solve(a, b)
	largest := 1.0 // pixels: as far as differences tell
	for _, s := range step {
		largest = max(largest, math.Abs(s))
	}
	next, more := w, 0.0 // the prior's part of the error
	for k := range w {
		next[k] += r.share * step[k] / largest * pixel
		more += refinePrior * refinePixels * (next[k]*next[k] - w[k]*w[k]) / (pixel * pixel)
	}
	if squares(photo, colors(next))+more < squares(photo, now) {
		r.setTwist(view, next)
	}
}

// squares is the sum of squared differences.
func squares(x, y []float32) (sum float64) {
	for i := range x {
		d := float64(x[i] - y[i])
		sum += d * d
	}
	return sum
}

// center takes out a share of what all corrections have in common, which would move the scene away from the held-out
// cameras: the mean turn, and then of the ways that the cameras have gone the mean, and the scale. To take out all of
// it at once, against the steps that bring some of it back, lets cameras swing ever further.
func (r *refiner) center() {
	n := float64(len(r.given))
	var turn twist
	for i := range r.given {
		w := r.twist(i)
		for k := range 3 {
			turn[k] += w[k] / n
		}
	}
	way, place := make([]mgl64.Vec3, len(r.given)), make([]mgl64.Vec3, len(r.given)) // scene radii
	var slide, middle mgl64.Vec3
	for i := range r.given {
		w := r.twist(i)
		for k := range 3 {
			w[k] -= centerShare * turn[k]
		}
		r.setTwist(i, w)
		place[i] = r.given[i].Pose.Pos.Mul(1 / r.pixels.frame.Radius)
		way[i] = r.camera(i, w).Pose.Pos.Mul(1 / r.pixels.frame.Radius).Sub(place[i])
		slide = slide.Add(way[i].Mul(1 / n))
		middle = middle.Add(place[i].Mul(1 / n))
	}
	along, square := 0.0, 1e-9
	for i := range r.given {
		place[i] = place[i].Sub(middle)
		along += way[i].Sub(slide).Dot(place[i])
		square += place[i].Dot(place[i])
	}
	for i := range r.given {
		w := r.twist(i)
		for k, v := range slide.Add(place[i].Mul(along / square)) {
			w[3+k] -= centerShare * v
		}
		r.setTwist(i, w)
	}
}

// solve returns the x of a·x = b, for a symmetric positive definite a whose lower triangle is given: Cholesky's L·Lᵀ.
func solve(a [6][6]float64, b [6]float64) [6]float64 {
	for i := range b {
		for j := range i {
			for k := range j {
				a[i][j] -= a[i][k] * a[j][k]
			}
			a[i][j] /= a[j][j]
			a[i][i] -= a[i][j] * a[i][j]
			b[i] -= a[i][j] * b[j]
		}
		a[i][i] = math.Sqrt(a[i][i])
		b[i] /= a[i][i]
	}
	for i := len(b) - 1; i >= 0; i-- {
		for k := i + 1; k < len(b); k++ {
			b[i] -= a[k][i] * b[k]
		}
		b[i] /= a[i][i]
	}
	return b
}
