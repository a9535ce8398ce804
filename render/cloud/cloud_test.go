package cloud

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
)

// ball is a ball of radius 0.8, red where its normal is along x, and so on.
type ball struct{}

func (ball) Colors(rgb []float32, rays []plucker.Coords) { ball{}.Surfaces(rgb, nil, rays) }

func (ball) Surfaces(rgb []float32, surfaces []lfn.Surface, rays []plucker.Coords) {
	for i, c := range rays {
		var s lfn.Surface
		p := c.ClosestToOrigin()
		if h2 := 0.64 - p.LenSqr(); h2 > 0 {
			n := p.Sub(c.Dir().Mul(math.Sqrt(h2))).Mul(1 / 0.8)
			s = lfn.Surface{Along: float32(-math.Sqrt(h2)), Confidence: 0.7, Normal: [3]float32{float32(n[0]), float32(n[1]), float32(n[2])}}
		}
		for k := range 3 {
			rgb[3*i+k] = 0.5 + 0.5*s.Normal[k]
		}
		if surfaces != nil {
			surfaces[i] = s
		}
	}
}

// liar is a ball of which some views have something before it that is not there.
type liar struct {
	render.GeometryRenderer
	lies func(cam *plucker.Camera) bool
}

func (l liar) Geometry(ctx context.Context, dst *render.Geometry, cam *plucker.Camera) error {
	if err := l.GeometryRenderer.Geometry(ctx, dst, cam); err != nil {
		return err
	}
	if l.lies(cam) {
		for i := range dst.Distance {
			if x, y := i%cam.Width-cam.Width/2, i/cam.Width-cam.Height/2; x*x+y*y < 25 {
				dst.Distance[i] -= 0.5
			}
		}
	}
	return nil
}

// moted is a ball before which some views see a smaller one, all in one place, which is not there.
type moted struct {
	render.GeometryRenderer
	mote mgl64.Vec3
	seen func(cam *plucker.Camera) bool
}

func (m moted) Geometry(ctx context.Context, dst *render.Geometry, cam *plucker.Camera) error {
	if err := m.GeometryRenderer.Geometry(ctx, dst, cam); err != nil || !m.seen(cam) {
		return err
	}
	for i := range dst.Distance {
		r := cam.Ray(float64(i%cam.Width)+0.5, float64(i/cam.Width)+0.5)
		along := m.mote.Sub(r.Origin).Dot(r.Dir)
		if h2 := 0.25 - m.mote.Sub(r.At(along)).LenSqr(); h2 > 0 {
			dst.Distance[i], dst.Confidence[i] = float32(along-math.Sqrt(h2)), 0.7
		}
	}
	return nil
}

var frame = plucker.Frame{Center: mgl64.Vec3{10, -5, 2}, Radius: 3, Up: mgl64.Vec3{0, 0, 1}}

// model knows no cameras.
var model = &lfn.Model{Scene: frame}

func gather(t *testing.T, r render.GeometryRenderer, cams []plucker.Camera, o Options) []Point {
	t.Helper()
	points, err := Gather(context.Background(), r, cams, o)
	if err != nil {
		t.Fatal(err)
	}
	return points
}

// checkBall looks at points of the ball, which may be so far from its surface.
func checkBall(t *testing.T, points []Point, tolerance float64) {
	t.Helper()
	for _, p := range points {
		out := mgl64.Vec3{float64(p.Pos[0]), float64(p.Pos[1]), float64(p.Pos[2])}.Sub(frame.Center)
		if math.Abs(out.Len()-0.8*3) > tolerance {
			t.Fatalf("point %v is %v from the centre, want %v", p.Pos, out.Len(), 0.8*3)
		}
		n := mgl64.Vec3{float64(p.Normal[0]), float64(p.Normal[1]), float64(p.Normal[2])}
		if math.Abs(n.Len()-1) > 1e-5 || n.Dot(out.Normalize()) < 0.98 {
			t.Fatalf("the normal of point %v is %v, want %v", p.Pos, n, out.Normalize())
		}
		for k, c := range p.Color {
			if math.Abs(float64(c)/255-0.5-0.5*n[k]) > 0.05 {
				t.Fatalf("the colour of point %v is %v, and its normal %v", p.Pos, p.Color, n)
			}
		}
	}
}

func TestGather(t *testing.T) {
	r := render.NewCPU(ball{}, frame)
	for _, n := range []int{300, 5000, 20000} {
		points := gather(t, r, Cameras(model, n), Options{Points: n})
		if len(points) > n || len(points) < n/4 {
			t.Errorf("%d points, want at most %d, and not many fewer", len(points), n)
		}
		// One layer: of an area of 4πr² every point has its share, and no two are in one place.
		side := math.Sqrt(4*math.Pi*0.64*9) / math.Sqrt(float64(len(points)))
		checkBall(t, points, side)
		seen := map[[3]float32]bool{}
		for _, p := range points {
			if seen[p.Pos] {
				t.Fatalf("point %v is there twice", p.Pos)
			}
			seen[p.Pos] = true
		}
		if again := gather(t, r, Cameras(model, n), Options{Points: n}); !slices.Equal(again, points) {
			t.Error("another run has other points")
		}
	}
}

// broken is a ball of which every third pixel's colour is not a number.
type broken struct{ render.GeometryRenderer }

func (b broken) Geometry(ctx context.Context, dst *render.Geometry, cam *plucker.Camera) error {
	err := b.GeometryRenderer.Geometry(ctx, dst, cam)
	for i := 0; i < len(dst.Distance); i += 3 {
		dst.Color.Pix[3*i+i%3] = float32(math.NaN())
	}
	return err
}

// TestGatherBroken: a colour that is not a number spoils nothing, and a place that float32 does not have is no point.
func TestGatherBroken(t *testing.T) {
	cams := Cameras(model, 5000)
	points := gather(t, broken{render.NewCPU(ball{}, frame)}, cams, Options{Points: 5000})
	checkBall(t, points, 0.2)
	if whole := gather(t, render.NewCPU(ball{}, frame), cams, Options{Points: 5000}); len(points) < len(whole)*9/10 {
		t.Errorf("%d points, of the whole ball %d", len(points), len(whole))
	}
	far := &lfn.Model{Scene: plucker.Frame{Center: mgl64.Vec3{1e39, 0, 0}, Radius: 1e37, Up: mgl64.Vec3{0, 0, 1}}}
	if points, err := Gather(t.Context(), render.NewCPU(ball{}, far.Scene), Cameras(far, 300), Options{Points: 300}); err == nil {
		t.Errorf("there are points such as %v", points[0])
	}
}

// TestGatherLies checks that what one view shows is left out, and what others see through.
func TestGatherLies(t *testing.T) {
	cams := Cameras(model, 5000)
	one := func(cam *plucker.Camera) bool { return *cam == cams[20] }
	some := func(cam *plucker.Camera) bool { return *cam == cams[20] || *cam == cams[21] }
	mote := frame.Center.Add(cams[20].Pose.Pos.Add(cams[21].Pose.Pos).Sub(frame.Center.Mul(2)).Normalize().Mul(1.3 * 0.8 * 3))
	r := render.NewCPU(ball{}, frame)
	for name, lies := range map[string]render.GeometryRenderer{"one": liar{r, one}, "some": liar{r, some}, "some agree": moted{r, mote, some}} {
		t.Run(name, func(t *testing.T) {
			points := gather(t, lies, cams, Options{Points: 5000})
			checkBall(t, points, 0.1)
		})
	}
}

func TestGatherErrors(t *testing.T) {
	r := render.NewCPU(ball{}, frame)
	away := render.Orbit{Dist: 3}.Camera(frame, 16, 16)
	away.Pose.Rot = away.Pose.Rot.Mul3(mgl64.Rotate3DY(math.Pi))
	cams := Cameras(model, 1000)
	for _, tt := range []struct {
		name string
		r    render.GeometryRenderer
		cams []plucker.Camera
		o    Options
		want string
	}{
		{"no cameras", r, nil, Options{}, "no cameras"},
		{"cameras that look away", r, []plucker.Camera{away}, Options{}, "nothing that 1 cameras see is known"},
		{"confidence", r, cams, Options{Confidence: 0.9}, "with a confidence of 0.9 or more"},
		{"confidence above 1", r, cams, Options{Confidence: 1.1}, "want above 0 to 1"},
		{"confidence NaN", r, cams, Options{Confidence: math.NaN()}, "want above 0 to 1"},
		{"points", r, cams, Options{Points: -1}, "-1 points"},
		{"views that disagree", liar{r, func(*plucker.Camera) bool { return true }}, []plucker.Camera{render.Orbit{Dist: 2, FovDeg: 1}.Camera(frame, 8, 8), render.Orbit{AzDeg: 90, Dist: 2, FovDeg: 1}.Camera(frame, 8, 8)}, Options{}, "no two agree"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Gather(context.Background(), tt.r, tt.cams, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCameras(t *testing.T) {
	m := &lfn.Model{Scene: frame}
	for i := range 200 {
		c := render.Orbit{AzDeg: float64(i)}.Camera(frame, 4000, 3000)
		m.Cameras = append(m.Cameras, lfn.View{Camera: c})
	}
	cams := Cameras(m, 100_000)
	pixels := 0
	for i := range cams {
		if err := cams[i].Validate(); err != nil {
			t.Fatal(err)
		}
		pixels += cams[i].Width * cams[i].Height
	}
	if len(cams) != mostCameras || math.Abs(float64(pixels)/1e6-1) > 0.02 {
		t.Errorf("%d cameras of %d pixels in all, want %d of a million", len(cams), pixels, mostCameras)
	}
	if d := cams[mostCameras-1].Pose.Pos.Sub(cams[0].Pose.Pos).Len(); d < 5 {
		t.Errorf("the first and last camera are %v apart: want them from all of the photographs", d)
	}
	for _, points := range []int{1, maxPoints} {
		for _, c := range Cameras(m, points) {
			if c.Width < 64 || c.Width > 1024 {
				t.Fatalf("for %d points a picture is %d wide", points, c.Width)
			}
		}
	}
}
