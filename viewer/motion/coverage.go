package motion

import (
	"math"
	"slices"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// Coverage knows from where the photographs of a scene were taken. A light field network has learned the rays of
// the photographs and those between; it makes up the others.
//
// It is safe for concurrent use while Up is left alone.
type Coverage struct {
	Up mgl64.Vec3 // about which Clamp turns; NewCoverage sets it to the frame's

	frame plucker.Frame
	shots []shot
	limit float64 // radians: a ray that comes in at this angle to the nearest one of a photograph is covered
	cos2  float64 // its cosine, squared
	reach float64 // scene radii: an eye so near to a camera stands where photographs were taken
}

const (
	grid      = 5                  // of n×n rays that stand for a view
	leastTurn = 10 * math.Pi / 180 // of limit; the network joins views as near as this anyway
	mostTurn  = 30 * math.Pi / 180 // further apart, photographs say little about the views between
	loneTurn  = 15 * math.Pi / 180 // for a single camera
	spacing   = 1.5                // of limit, in those between neighbouring cameras
	leeway    = 0.2                // the share of uncovered rays that nobody minds
	unseen    = 0.5                // the share of rays through what no photograph shows that nobody minds
	margin    = 1.05               // by which pictures count as larger than they are
	worstRay  = 2.0                // the most that a ray counts
)

// A shot is the camera of a photograph in the scene frame.
type shot struct {
	eye, right, up, back mgl64.Vec3
	x0, x1, y0, y1       float64 // the edges of its picture at depth 1, x along right and y along up
}

// NewCoverage learns from the cameras of the photographs how far apart they are.
func NewCoverage(cams []plucker.Camera, f plucker.Frame) *Coverage {
	c := &Coverage{Up: f.Up, frame: f}
	for i := range cams {
		c.shots = append(c.shots, newShot(&cams[i], f))
	}
	c.learn()
	return c
}

func newShot(cam *plucker.Camera, f plucker.Frame) shot {
	s := shot{
		eye:   cam.Pose.Pos.Sub(f.Center).Mul(1 / f.Radius),
		right: cam.Pose.Right(), up: cam.Pose.Up(), back: cam.Pose.Rot.Col(2),
	}
	w, h := float64(cam.Width), float64(cam.Height)
	at := func(u, v float64) (x, y float64) {
		d := cam.Ray(u, v).Dir
		z := max(-d.Dot(s.back), 1e-3) // a fisheye may see what is beside and behind it: that counts as the edge in front
		return margin * d.Dot(s.right) / z, margin * d.Dot(s.up) / z
	}
	s.x0, _ = at(0, h/2)
	s.x1, _ = at(w, h/2)
	_, s.y1 = at(w/2, 0)
	_, s.y0 = at(w/2, h)
	return s
}

// sees says whether a point of the scene frame is in the picture.
func (s *shot) sees(p mgl64.Vec3) bool {
	q := p.Sub(s.eye)
	z := -q.Dot(s.back)
	if z <= 0 {
		return false
	}
	x, y := q.Dot(s.right), q.Dot(s.up)
	return x >= s.x0*z && x <= s.x1*z && y >= s.y0*z && y <= s.y1*z
}

// learn sets the limits from what lies between neighbours: of angles, spacing times the 90th percentile as seen from
// the middle of the scene, and of distances, twice the median. Of many cameras, 500 are asked for their neighbours.
func (c *Coverage) learn() {
	c.limit, c.reach = loneTurn, 0.1
	var angles, dists []float64
	for i := 0; i < len(c.shots); i += 1 + len(c.shots)/500 {
		cos, dist := -1.0, math.Inf(1)
		a := c.shots[i].eye
		for j := range c.shots {
			if b := c.shots[j].eye; i != j {
				dist = min(dist, a.Sub(b).Len())
				cos = max(cos, a.Dot(b)/max(a.Len()*b.Len(), 1e-12))
			}
		}
		angles, dists = append(angles, math.Acos(min(cos, 1))), append(dists, dist)
	}
	if len(c.shots) > 1 {
		slices.Sort(angles)
		slices.Sort(dists)
		c.limit = min(max(spacing*angles[(len(angles)*9-1)/10], leastTurn), mostTurn)
		c.reach = max(2*dists[len(dists)/2], 0.1)
	}
	c.cos2 = math.Cos(c.limit) * math.Cos(c.limit)
}

// Of returns how far outside the photographs a view with w×h pixels is: 0 is inside, 1 and more clearly outside.
// Without photographs nothing is known, and it is 0.
//
// A grid of rays is laid over what the picture shows of the scene's unit ball. At its point nearest to the middle
// of the scene, a ray comes in at some angle to the nearest ray of a photograph which has the point in its
// picture. It counts 0 up to a limit, which is learned from the angles between neighbouring cameras and from 10°
// to 30°, 1 at twice that and at most 2. The measure is their mean, less a leeway of a fifth. Points which no
// photograph shows look wrong from everywhere, so that they do not count while they are less than half; with three
// quarters, 1 is added. So it is for an eye halfway to the middle and far from any camera: it has passed by content.
//
//   - The view of any of the photographs is 0, and so is what is seen from further back or through a longer lens.
//   - A view from behind, from below or across the scene is 1 to 2.25.
//   - One that shows nothing known of the ball is compared with the photographs taken from near its eye.
func (c *Coverage) Of(v View, w, h int) float64 {
	if len(c.shots) == 0 {
		return 0
	}
	w, h = size(w, h)
	eye := v.Pose.Pos.Sub(c.frame.Center).Mul(1 / c.frame.Radius)
	mid := v.Pose.Rot.Transpose().Mul3x1(eye.Mul(-1)) // of the scene, in camera axes
	tx := math.Tan(rad(v.FovDeg) / 2)
	ty := tx * float64(h) / float64(w)
	x0, x1 := shadow(mid[0], -mid[2], tx)
	y0, y1 := shadow(mid[1], -mid[2], ty)
	var sum, seen, n float64
	hint := 0
	if x0 < x1 && y0 < y1 {
		for i := range grid * grid {
			x := x0 + (x1-x0)*(float64(i%grid)+0.5)/grid
			y := y0 + (y1-y0)*(float64(i/grid)+0.5)/grid
			dir := v.Pose.Rot.Mul3x1(mgl64.Vec3{x, y, -1}).Normalize()
			if p, ok := midpoint(eye, dir); ok {
				n++
				var cos2 float64
				if hint, cos2 = c.best(p, dir, c.cos2, hint); cos2 >= -1 {
					seen++
					sum += c.count(cos2)
				}
			}
		}
	}
	if seen == 0 {
		return c.alone(eye, v.Pose.Forward())
	}
	return max(0, sum/seen-leeway)/(1-leeway) + max(0, 1-seen/n-unseen)/(unseen/2) + c.passed(eye)
}

// alone returns the measure of a view that shows nothing known of the ball. There are photographs like that too: it
// is how far the nearest one was taken from here, and how differently it looks.
func (c *Coverage) alone(eye, forward mgl64.Vec3) float64 {
	least := math.Inf(1)
	for i := range c.shots {
		s := &c.shots[i]
		away := s.eye.Sub(eye).Len()/c.reach - 1
		if away < least {
			turn := math.Acos(min(max(-forward.Dot(s.back), -1), 1))/c.limit - 1
			least = min(least, max(away, 0)+max(turn, 0))
		}
	}
	return least
}

// shadow returns from where to where the unit ball is seen on an axis of the image plane at depth 1, of what lies
// between −most and most. Its middle is at x on that axis and at depth z.
func shadow(x, z, most float64) (lo, hi float64) {
	r := math.Hypot(x, z)
	if r <= 1 {
		return -most, most
	}
	mid, half := math.Atan2(x, z), math.Asin(1/r)
	const front = math.Pi/2 - 1e-9
	if mid-half > front || mid+half < -front {
		return 0, 0
	}
	return max(math.Tan(max(mid-half, -front)), -most), min(math.Tan(min(mid+half, front)), most)
}

// midpoint returns the point of a ray nearest to the middle of the unit ball. Where that is behind the eye, or just
// before it, it is the point halfway to where the ray leaves the ball. It is not ok for a ray beside the ball.
func midpoint(eye, dir mgl64.Vec3) (p mgl64.Vec3, ok bool) {
	t := -eye.Dot(dir)
	half2 := 1 - (eye.Dot(eye) - t*t)
	if half2 <= 0 {
		return p, false
	}
	far := t + math.Sqrt(half2)
	return eye.Add(dir.Mul(max(t, far/2))), far > 0
}

// best returns which of the shots that see p does so from nearest to where a ray with direction dir comes from, and
// the cosine of the angle between, squared and with its sign; −2 where none sees p. One that reaches enough is as
// good as the best. The search begins with shot first.
func (c *Coverage) best(p, dir mgl64.Vec3, enough float64, first int) (int, float64) {
	at, best := first, -2.0 // which is less than any, by more than rounding
	for i := -1; i < len(c.shots); i++ {
		k := i
		if i < 0 {
			k = first
		}
		s := &c.shots[k]
		x, y, z := p[0]-s.eye[0], p[1]-s.eye[1], p[2]-s.eye[2]
		dot := x*dir[0] + y*dir[1] + z*dir[2]
		len2 := x*x + y*y + z*z
		// Most shots end here; so there is no root and no division.
		if dot*math.Abs(dot) <= best*len2 || !s.sees(p) {
			continue
		}
		at, best = k, max(dot*math.Abs(dot)/len2, -1)
		if best >= enough {
			break
		}
	}
	return at, best
}

// count returns what a ray counts, by the answer of best.
func (c *Coverage) count(cos2 float64) float64 {
	if cos2 >= c.cos2 {
		return 0
	}
	angle := math.Acos(math.Copysign(math.Sqrt(min(math.Abs(cos2), 1)), cos2))
	return min(max(angle/c.limit-1, 0), worstRay)
}

// passed returns what is to be added for an eye in the ball: content may be behind it that the photographs show
// before it.
func (c *Coverage) passed(eye mgl64.Vec3) float64 {
	deep := min((0.75-eye.Len())/0.25, worstRay)
	if deep <= 0 {
		return 0
	}
	least := math.Inf(1)
	for i := range c.shots {
		least = min(least, c.shots[i].eye.Sub(eye).LenSqr())
	}
	return deep * min(max(math.Sqrt(least)/c.reach-1, 0), 1)
}
