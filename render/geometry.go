package render

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
)

// Geometry is a picture, of one ray through the centre of each pixel, and what its rays meet; row-major, row 0 the top.
type Geometry struct {
	Color      Image
	Distance   []float32 // from the camera along the ray, in the world; 0 where nothing is known
	Spread     []float32 // the standard deviation of Distance
	Confidence []float32 // from 0 to 1, see [lfn.Confident]
	Normal     []float32 // three for each pixel, of length 1, in the world, towards the camera; 0 where not known
}

// Resize gives the geometry a size. It keeps the memory where that is enough; what it holds is undefined.
func (g *Geometry) Resize(w, h int) {
	g.Color.Resize(w, h)
	grow := func(s []float32, n int) []float32 { return slices.Grow(s[:0], n)[:n] }
	g.Distance, g.Spread, g.Confidence = grow(g.Distance, w*h), grow(g.Spread, w*h), grow(g.Confidence, w*h)
	g.Normal = grow(g.Normal, 3*w*h)
}

// A GeometryRenderer is a renderer that tells what rays meet.
type GeometryRenderer interface {
	Renderer
	// Geometry renders what cam sees to dst, which takes the camera's size, as Render does. The error says, too, that the
	// network tells no geometry.
	Geometry(ctx context.Context, dst *Geometry, cam *plucker.Camera) error
}

var errNoGeometry = errors.New("render: geometry: the light field tells colours only")

// surfaces asks what the rays of a tile meet.
func (w *worker) surfaces(x0, y0, x1, y1 int) {
	g, cam := w.job.geometry, &w.job.cam
	if w.meets == nil {
		w.meets = make([]lfn.Surface, len(w.rays))
	}
	n := 0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			w.rays[n] = cam.Coords(w.cpu.frame, float64(x)+0.5, float64(y)+0.5)
			n++
		}
	}
	w.cpu.surfaces.Surfaces(w.rgb[:3*n], w.meets[:n], w.rays[:n])

	from := cam.Pose.Pos.Sub(w.cpu.frame.Center)
	n = 0
	for y := y0; y < y1; y++ {
		copy(g.Color.Pix[3*(y*cam.Width+x0):3*(y*cam.Width+x1)], w.rgb[3*n:])
		for x := x0; x < x1; x++ {
			i := y*cam.Width + x
			s := &w.meets[n]
			g.set(i, s, w.cpu.frame.Radius, float64(s.Along)*w.cpu.frame.Radius-from.Dot(w.rays[n].Dir()))
			n++
		}
	}
}

// set makes pixel i what s says, at distance from the camera. What is behind the camera, or not a number, is not known.
func (g *Geometry) set(i int, s *lfn.Surface, radius, distance float64) {
	g.Distance[i], g.Spread[i], g.Confidence[i] = 0, 0, 0
	normal := g.Normal[3*i:][:3]
	clear(normal)
	if !(s.Confidence > 0) || !(distance > 0) || !(distance <= math.MaxFloat32) {
		return
	}
	g.Distance[i], g.Confidence[i] = float32(distance), min(s.Confidence, 1)
	if spread := float64(s.Spread) * radius; spread >= 0 && spread <= math.MaxFloat32 {
		g.Spread[i] = float32(spread)
	}
	if n := s.Normal; n[0]*n[0]+n[1]*n[1]+n[2]*n[2] < 2 { // of length 1 or 0, and not NaN
		copy(normal, n[:])
	}
}

// normals makes those normals of a tile that the light field did not tell.
func (w *worker) normals(x0, y0, x1, y1 int) {
	g, cam := w.job.geometry, &w.job.cam
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			i := y*cam.Width + x
			if n := g.Normal[3*i:][:3]; n[0] == 0 && n[1] == 0 && n[2] == 0 && g.Confidence[i] >= lfn.Confident {
				g.normal(n, cam, x, y)
			}
		}
	}
}

// normal makes n that of the plane through what pixel (x, y) sees and what its neighbours do, of left and right, and of
// above and below, that which is nearer to it. Without such neighbours it is 0.
func (g *Geometry) normal(n []float32, cam *plucker.Camera, x, y int) {
	right, ok1 := g.step(cam, x, y, 1, 0)
	down, ok2 := g.step(cam, x, y, 0, 1)
	if !ok1 || !ok2 {
		return
	}
	normal := down.Cross(right)
	length := normal.Len()
	if !(length > 0) {
		return
	}
	normal = normal.Mul(1 / length)
	if normal.Dot(cam.Ray(float64(x)+0.5, float64(y)+0.5).Dir) > 0 {
		normal = normal.Mul(-1)
	}
	for k := range n {
		n[k] = float32(normal[k])
	}
}

// step is the way in the world from what pixel (x, y) sees to what its neighbour at (x+dx, y+dy) does, or back from the
// one on the other side where that is nearer.
func (g *Geometry) step(cam *plucker.Camera, x, y, dx, dy int) (way mgl64.Vec3, ok bool) {
	here, _ := g.Point(cam, x, y)
	for _, sign := range [2]int{1, -1} {
		there, known := g.Point(cam, x+sign*dx, y+sign*dy)
		if !known {
			continue
		}
		if d := there.Sub(here).Mul(float64(sign)); !ok || d.Len() < way.Len() {
			way, ok = d, true
		}
	}
	return way, ok
}

// Point is what cam, whose geometry it is, sees at pixel (x, y), in the world. known is false where that is not confident,
// or out of the picture.
func (g *Geometry) Point(cam *plucker.Camera, x, y int) (p mgl64.Vec3, known bool) {
	if x < 0 || y < 0 || x >= cam.Width || y >= cam.Height {
		return p, false
	}
	i := y*cam.Width + x
	r := cam.Ray(float64(x)+0.5, float64(y)+0.5)
	return r.Origin.Add(r.Dir.Mul(float64(g.Distance[i]))), g.Confidence[i] >= lfn.Confident
}

// Depths are the distances along the viewing axis of cam, whose geometry it is, in the world, of what is confident; 0
// elsewhere, and beside and behind a fisheye camera. They are in dst where that has room.
func (g *Geometry) Depths(dst []float32, cam *plucker.Camera) []float32 {
	dst = slices.Grow(dst[:0], len(g.Distance))[:len(g.Distance)]
	forward := cam.Pose.Forward()
	for i, d := range g.Distance {
		dst[i] = 0
		if g.Confidence[i] >= lfn.Confident {
			cos := cam.Ray(float64(i%cam.Width)+0.5, float64(i/cam.Width)+0.5).Dir.Dot(forward)
			dst[i] = max(float32(float64(d)*cos), 0)
		}
	}
	return dst
}
