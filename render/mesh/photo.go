package mesh

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

// A Photo is what a camera sees of a scene, row-major, row 0 the top.
type Photo struct {
	Pix []byte // 4 a pixel: R, G, B, A, sRGB, straight alpha; what nothing covers is white

	// Depth is how far the solid surface is that the ray through the pixel's middle meets, see [Hit]: along the viewing
	// axis, in world units; 0 where there is none.
	Depth []float32
}

// MaxSamples is how many rays may go through a pixel along each side.
const MaxSamples = 16

// Photograph returns what the camera sees, with n×n rays a pixel. It returns ctx.Err() when cancelled, and an error
// where camera or n make no picture. The same arguments give the same bytes.
func (s *Scene) Photograph(ctx context.Context, cam *plucker.Camera, n int) (*Photo, error) {
	if n < 1 || n > MaxSamples {
		return nil, fmt.Errorf("mesh: %d samples, want 1 to %d", n, MaxSamples)
	}
	if err := cam.Validate(); err != nil {
		return nil, fmt.Errorf("mesh: %w", err)
	}
	pixels := cam.Width * cam.Height
	p := &Photo{Pix: make([]byte, 4*pixels), Depth: make([]float32, pixels)}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), cam.Height) {
		wg.Go(func() {
			row := newRow(s, cam, n)
			for {
				y := int(next.Add(1)) - 1
				if y >= cam.Height || ctx.Err() != nil {
					return
				}
				row.photograph(p, y)
			}
		})
	}
	wg.Wait()
	return p, ctx.Err()
}

// row photographs one row of pixels after another.
type row struct {
	scene   *Scene
	cam     *plucker.Camera
	n       int
	cone    float64 // of a ray, radians
	forward mgl64.Vec3
	pixel   beam // n×n rays, and one through the middle
}

func newRow(s *Scene, cam *plucker.Camera, n int) *row {
	return &row{
		scene: s, cam: cam, n: n, cone: 2 / (cam.Intrinsics.Fx + cam.Intrinsics.Fy) / float64(n),
		forward: cam.Pose.Rot.Col(2).Mul(-1),
		pixel:   beam{origin: cam.Pose.Pos, dirs: make([]mgl64.Vec3, n*n+1), hits: make([]hit, n*n+1)},
	}
}

func (r *row) photograph(p *Photo, y int) {
	b, rays := &r.pixel, r.n*r.n
	step := 1 / float64(r.n)
	for x := range r.cam.Width {
		for k := range rays {
			b.dirs[k] = r.cam.Ray(float64(x)+(float64(k%r.n)+0.5)*step, float64(y)+(float64(k/r.n)+0.5)*step).Dir
		}
		b.dirs[rays] = r.cam.Ray(float64(x)+0.5, float64(y)+0.5).Dir
		b.aim(0)
		r.scene.cast(b)
		var sum light
		for k := range rays {
			if b.hits[k].triangle < 0 {
				continue
			}
			l := r.scene.look(b, k, r.cone)
			for c := range sum.rgb {
				sum.rgb[c] += l.rgb[c]
			}
			sum.alpha += l.alpha
		}
		i := y*r.cam.Width + x
		pix := p.Pix[4*i:][:4]
		for c := range sum.rgb {
			pix[c] = 255
			if sum.alpha > 0 {
				pix[c] = toByte(sum.rgb[c] / sum.alpha)
			}
		}
		pix[3] = byte(sum.alpha/float32(rays)*255 + 0.5)
		if middle := r.scene.look(b, rays, r.cone); middle.solid {
			p.Depth[i] = float32(middle.distance * b.dirs[rays].Dot(r.forward))
		}
	}
}
