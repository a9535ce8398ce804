package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
)

// The sweep's numbers.
const (
	sweepViews  = 8   // beside the one whose depth is wanted
	sweepPlanes = 192 // evenly in one over the distance
	sweepRows   = 32  // that one goroutine does together
	sweepWindow = 3   // pixels to either side of which the differences are added up: 7×7
	sweepNoise  = 1.0 / 255
	sweepUnique = 0.7  // how much smaller than at any other likely depth the difference has to be
	sweepApart  = 3    // planes between two depths that are not the same
	sweepFar    = 1e-4 // one over the distance, in scene radii, of what is as good as infinitely far
)

// PlaneSweep estimates the depth of a view without any network, from the training photographs beside it (Collins, A
// Space-Sweep Approach to True Multi-Image Matching, CVPR 1996): on each of many planes before the camera the photographs
// are compared, by the absolute difference of their colours in a window; of the photographs the better half counts, as the
// others may see something else before it. The plane of the least difference, between its neighbours by a parabola, is the depth,
// where no other comes near; elsewhere it is 0, unknown. It is what a program does that is made for such photographs in an
// afternoon: a mark that a network should reach.
func PlaneSweep(ctx context.Context, set *dataset.Set, view int, background [3]float32) ([]float32, error) {
	v := &set.Views[view]
	near, far, err := sweepRange(&set.Space, &v.Camera)
	if err != nil {
		return nil, fmt.Errorf("plane sweep of %s: %w", v.Name, err)
	}
	beside := byDistance(set, view)
	beside = beside[:min(len(beside), sweepViews)]
	if len(beside) < 2 {
		return nil, fmt.Errorf("plane sweep of %s: there are %d other views for training, want 2 or more", v.Name, len(beside))
	}
	s := sweep{cam: &v.Camera, photo: photoOf(v, background), near: near, far: far}
	for _, n := range beside {
		s.cams = append(s.cams, &set.Views[n.view].Camera)
		s.photos = append(s.photos, photoOf(&set.Views[n.view], background))
	}
	depths := make([]float32, v.Camera.Width*v.Camera.Height)
	var wait sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for ctx.Err() == nil {
				y := int(next.Add(1)-1) * sweepRows
				if y >= v.Camera.Height {
					return
				}
				s.rows(depths, y, min(y+sweepRows, v.Camera.Height))
			}
		})
	}
	wait.Wait()
	return depths, ctx.Err()
}

// sweepRange is between which distances along the axis of a camera there is something.
func sweepRange(space *dataset.Space, cam *plucker.Camera) (near, far float64, err error) {
	z := space.Center.Sub(cam.Pose.Pos).Dot(cam.Pose.Forward())
	near, far = z-space.Radius, z+space.Radius
	w := space.Window
	if w != nil {
		near, far = w.Near*space.Radius, w.Far*space.Radius
	}
	if w != nil && w.Far == 0 || space.Clear > 0 {
		far = space.Radius / sweepFar
	}
	near = max(near, 0.05*space.Radius)
	if !(near < far) {
		return 0, 0, errors.New("the scene is behind the camera")
	}
	return near, far, nil
}

// A sweep is one estimate in the making.
type sweep struct {
	cam       *plucker.Camera
	photo     *render.Image
	cams      []*plucker.Camera
	photos    []*render.Image
	near, far float64
}

// depth is that of a plane, which may lie between two.
func (s *sweep) depth(plane float64) float64 {
	t := plane / (sweepPlanes - 1)
	return 1 / (1/s.near + t*(1/s.far-1/s.near))
}

// rows estimates those from y0 to before y1.
func (s *sweep) rows(depths []float32, y0, y1 int) {
	w := s.cam.Width
	top, bottom := max(y0-sweepWindow, 0), min(y1+sweepWindow, s.cam.Height) // what the windows need
	n := (bottom - top) * w
	ways := make([]mgl64.Vec3, n) // from the camera to what is at depth 1
	for i := range ways {
		ways[i] = s.cam.Unproject(float64(i%w)+0.5, float64(top+i/w)+0.5, 1).Sub(s.cam.Pose.Pos)
	}
	colors := s.photo.Pix[3*top*w : 3*bottom*w]
	costs := make([][]float32, sweepPlanes)
	differences := make([][]float32, len(s.cams))
	for k := range differences {
		differences[k] = make([]float32, n)
	}
	for p := range costs {
		for k := range s.cams {
			s.compare(differences[k], colors, ways, k, s.depth(float64(p)))
		}
		costs[p] = betterHalf(differences, n)
		blur(costs[p], w, bottom-top)
	}
	curve := make([]float32, sweepPlanes)
	for i := range depths[y0*w : y1*w] {
		for p := range costs {
			curve[p] = costs[p][(y0-top)*w+i]
		}
		if plane, ok := valley(curve); ok {
			depths[y0*w+i] = float32(s.depth(plane))
		}
	}
}

// compare writes to dst how much colours differ from photograph k's, if all that they show is at that depth on their ways.
// What the photograph does not show differs by 1.
func (s *sweep) compare(dst, colors []float32, ways []mgl64.Vec3, k int, depth float64) {
	other, photo := s.cams[k], s.photos[k]
	for i := range dst {
		u, v, _, ok := other.Project(s.cam.Pose.Pos.Add(ways[i].Mul(depth)))
		if dst[i] = 1; !ok {
			continue
		}
		x, y := math.Floor(u-0.5), math.Floor(v-0.5)
		if !(x >= 0 && y >= 0 && x+1 < float64(photo.Width) && y+1 < float64(photo.Height)) {
			continue
		}
		a := photo.Pix[3*(int(y)*photo.Width+int(x)):]
		b := a[3*photo.Width:]
		fx, fy := float32(u-0.5-x), float32(v-0.5-y)
		sum := float32(0)
		for c := range 3 {
			top, bottom := a[c]+fx*(a[3+c]-a[c]), b[c]+fx*(b[3+c]-b[c])
			d := top + fy*(bottom-top) - colors[3*i+c]
			sum += max(d, -d)
		}
		dst[i] = sum / 3
	}
}

// betterHalf is for each of n pixels the mean of the smaller half of the differences.
func betterHalf(differences [][]float32, n int) []float32 {
	half := (len(differences) + 1) / 2
	all := make([]float32, len(differences))
	mean := make([]float32, n)
	for i := range mean {
		for k := range differences {
			all[k] = differences[k][i]
		}
		slices.Sort(all)
		for _, d := range all[:half] {
			mean[i] += d / float32(half)
		}
	}
	return mean
}

// blur gives each pixel the mean of the window around it, first along rows, then along columns.
func blur(x []float32, w, h int) {
	line := make([]float32, max(w, h))
	pass := func(start, stride, n int) {
		for i := range n {
			line[i] = x[start+i*stride]
		}
		for i := range n {
			from, to := max(i-sweepWindow, 0), min(i+sweepWindow, n-1)
			sum := float32(0)
			for _, v := range line[from : to+1] {
				sum += v
			}
			x[start+i*stride] = sum / float32(to-from+1)
		}
	}
	for y := range h {
		pass(y*w, 1, w)
	}
	for i := range w {
		pass(i, w, h)
	}
}

// valley is where a curve is least, between its points, and whether that is much less than in its other valleys.
func valley(curve []float32) (at float64, ok bool) {
	best := 0
	for p, c := range curve {
		if c < curve[best] {
			best = p
		}
	}
	last := len(curve) - 1
	if best == 0 || best == last {
		return 0, false // it may be less beyond
	}
	for p, c := range curve {
		low := c <= curve[max(p-1, 0)] && c <= curve[min(p+1, last)]
		if low && max(p-best, best-p) >= sweepApart && curve[best]+sweepNoise > sweepUnique*(c+sweepNoise) {
			return 0, false
		}
	}
	a, b, c := float64(curve[best-1]), float64(curve[best]), float64(curve[best+1])
	if bend := a - 2*b + c; bend > 0 {
		return float64(best) + (a-c)/(2*bend), true
	}
	return float64(best), true
}
