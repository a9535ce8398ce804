package cloud

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

// A Point is a place on a surface, in the world.
type Point struct {
	Pos    [3]float32
	Normal [3]float32 // of length 1; 0 where it is not known
	Color  [3]byte    // sRGB
}

// Options of a cloud. The zero value works.
type Options struct {
	Points     int     // at most; 0 is a million
	Confidence float64 // from which a pixel counts; 0 is [lfn.Confident]
	Progress   func(done, of int)
}

const (
	defaultPoints = 1_000_000
	maxPoints     = 100_000_000
)

// Validate says what is wrong with the options.
func (o Options) Validate() error {
	if o.Points < 0 || o.Points > maxPoints {
		return fmt.Errorf("cloud: %d points, want 1 to %d", o.Points, maxPoints)
	}
	if o.Confidence != 0 && !(o.Confidence > 0 && o.Confidence <= 1) {
		return fmt.Errorf("cloud: confidence is %v, want above 0 to 1", o.Confidence)
	}
	return nil
}

// Gather makes at most o.Points points of what cams see, of which the pixels are as wide as the cells of the grid at
// first; cells grow where there are too many. It renders everything twice, and holds not much more than the points.
func Gather(ctx context.Context, r render.GeometryRenderer, cams []plucker.Camera, o Options) ([]Point, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if len(cams) == 0 {
		return nil, errors.New("cloud: there are no cameras, want at least one")
	}
	if o.Points == 0 {
		o.Points = defaultPoints
	}
	if o.Confidence == 0 {
		o.Confidence = lfn.Confident
	}
	if o.Progress == nil {
		o.Progress = func(done, of int) {}
	}
	var g render.Geometry
	grid := grid{at: map[[3]int32]int32{}}
	for i := range cams {
		if err := r.Geometry(ctx, &g, &cams[i]); err != nil {
			return nil, err
		}
		if grid.side == 0 {
			grid.side = pixelWidth(&g, &cams[i], o.Confidence)
		}
		grid.addView(&g, &cams[i], o)
		o.Progress(i+1, 2*len(cams))
	}
	if len(grid.cells) == 0 {
		return nil, fmt.Errorf("cloud: nothing that %d cameras see is known with a confidence of %v or more: take a lower one, or another model", len(cams), o.Confidence)
	}
	for i := range cams {
		if err := r.Geometry(ctx, &g, &cams[i]); err != nil {
			return nil, err
		}
		grid.look(&g, &cams[i], o)
		o.Progress(len(cams)+i+1, 2*len(cams))
	}
	points := grid.points(min(len(cams), 2))
	if len(points) == 0 {
		return nil, fmt.Errorf("cloud: of what %d cameras see no two agree: take more cameras, or another model", len(cams))
	}
	return points, nil
}

// pixelWidth is how wide the pixels of a camera are, their median, at what it sees; 0 where it sees nothing.
func pixelWidth(g *render.Geometry, cam *plucker.Camera, confidence float64) float64 {
	var far []float64
	for i, d := range g.Distance {
		if float64(g.Confidence[i]) >= confidence {
			far = append(far, float64(d))
		}
	}
	if len(far) == 0 {
		return 0
	}
	slices.Sort(far)
	return far[len(far)/2] / math.Sqrt(cam.Intrinsics.Fx*cam.Intrinsics.Fy)
}

// A grid has a cell for each cube of the world, side wide, in which there are points.
type grid struct {
	side  float64
	at    map[[3]int32]int32 // place of a cube: its cell in cells
	cells []cell
}

// A cell is the sum of the points in it, and what the cameras say of their mean.
type cell struct {
	pos           mgl64.Vec3
	normal, color [3]float32
	weight        float64
	agree, beyond int32 // cameras which see it, and which see through it
}

// addView adds what a camera sees, and whose colour is a number.
func (v *grid) addView(g *render.Geometry, cam *plucker.Camera, o Options) {
	for i, c := range g.Confidence {
		rgb := g.Color.Pix[3*i:][:3]
		if sum := rgb[0] + rgb[1] + rgb[2]; !(float64(c) >= o.Confidence) || sum-sum != 0 {
			continue
		}
		ray := cam.Ray(float64(i%cam.Width)+0.5, float64(i/cam.Width)+0.5)
		w := float32(c)
		point := cell{pos: ray.Origin.Add(ray.Dir.Mul(float64(g.Distance[i]))).Mul(float64(c)), weight: float64(c)}
		for k := range 3 {
			point.normal[k] = w * g.Normal[3*i+k]
			point.color[k] = w * rgb[k]
		}
		v.add(&point)
		for len(v.cells) > o.Points {
			v.coarsen()
		}
	}
}

// add adds a cell to the one in whose cube it is.
func (v *grid) add(c *cell) {
	var place [3]int32
	for k := range 3 {
		at := c.pos[k] / c.weight
		x := math.Floor(at / v.side)
		if !(math.Abs(x) < math.MaxInt32 && math.Abs(at) <= math.MaxFloat32) {
			return // so far away that there is no telling where
		}
		place[k] = int32(x)
	}
	i, ok := v.at[place]
	if !ok {
		v.at[place] = int32(len(v.cells))
		v.cells = append(v.cells, *c)
		return
	}
	sum := &v.cells[i]
	sum.pos, sum.weight = sum.pos.Add(c.pos), sum.weight+c.weight
	for k := range 3 {
		sum.normal[k] += c.normal[k]
		sum.color[k] += c.color[k]
	}
}

// coarsen makes the cubes wider.
func (v *grid) coarsen() {
	const wider = 1.25
	cells := v.cells
	v.side *= wider
	v.at, v.cells = map[[3]int32]int32{}, nil
	for i := range cells {
		v.add(&cells[i])
	}
}

// look asks a camera about every cell: whether it sees a surface there, or one behind it.
func (v *grid) look(g *render.Geometry, cam *plucker.Camera, o Options) {
	for i := range v.cells {
		c := &v.cells[i]
		p := c.pos.Mul(1 / c.weight)
		u, w, _, ok := cam.Project(p)
		x, y := int(math.Floor(u)), int(math.Floor(w))
		if !ok || x < 0 || y < 0 || x >= cam.Width || y >= cam.Height {
			continue
		}
		k := y*cam.Width + x
		if !(float64(g.Confidence[k]) >= o.Confidence) {
			continue
		}
		const near = 3 // cells
		tolerance := near*v.side + float64(g.Spread[k])
		switch far := float64(g.Distance[k]) - p.Sub(cam.Pose.Pos).Len(); {
		case math.Abs(far) <= tolerance:
			c.agree++
		case far > tolerance:
			c.beyond++
		}
	}
}

// points are the cells which so many cameras see, and more than see through them.
func (v *grid) points(cameras int) []Point {
	var points []Point
	for i := range v.cells {
		c := &v.cells[i]
		if int(c.agree) < cameras || c.beyond >= c.agree {
			continue
		}
		var p Point
		length := float32(math.Sqrt(float64(c.normal[0]*c.normal[0] + c.normal[1]*c.normal[1] + c.normal[2]*c.normal[2])))
		for k := range 3 {
			p.Pos[k] = float32(c.pos[k] / c.weight)
			if length > 0 {
				p.Normal[k] = c.normal[k] / length
			}
			p.Color[k] = byte(min(max(c.color[k]/float32(c.weight), 0), 1)*255 + 0.5)
		}
		points = append(points, p)
	}
	return points
}
