package train

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
)

// Distill returns a data set whose rays are answered by a trained network, the teacher, from ever new cameras that stand
// and look as those of its photographs do (Wang et al., R2L, ECCV 2022, trains light field networks so). The held-out
// views are those of photographs, where that is not nil, else what the teacher makes of its own held-out cameras.
func Distill(ctx context.Context, teacher *lfn.Model, photographs *dataset.Set) (*dataset.Set, error) {
	e := teacher.Network.Config.Encoding
	s := &dataset.Set{Space: dataset.Space{Frame: teacher.Scene, Window: e.Window, Clear: e.Clear}}
	t := &lessons{frame: teacher.Scene, field: teacher.Network.Pack()}
	for _, v := range teacher.Cameras {
		view := dataset.View{Name: v.Name, Camera: v.Camera}
		switch {
		case v.Split == dataset.Train.String():
			t.cams = append(t.cams, v.Camera)
		case photographs == nil:
			view.Split = dataset.Test
			var im render.Image
			if err := render.NewCPU(t.field, t.frame).Render(ctx, &im, &view.Camera, render.Options{Detail: render.Detail(teacher)}); err != nil {
				return nil, err
			}
			view.Pix = im.ToNRGBA().Pix
		default:
			continue
		}
		s.Views = append(s.Views, view)
	}
	if len(t.cams) == 0 {
		return nil, errors.New("train: the model does not say where its photographs were taken from")
	}
	if photographs != nil {
		for _, i := range photographs.Split(dataset.Test) {
			s.Views = append(s.Views, photographs.Views[i])
		}
	}
	t.findNeighbours()
	s.Fresh = t.fresh
	return s, nil
}

// lessons are rays and what the teacher says of them.
type lessons struct {
	frame      plucker.Frame
	field      lfn.LightField
	cams       []plucker.Camera
	neighbours [][]int // of each camera, itself first, those with the nearest positions
	scratch    sync.Pool
}

// A camera's neighbours are that share of all, and at least so many where they are there.
const (
	nearby = 1. / 6
	fewest = 6
)

func (t *lessons) findNeighbours() {
	for i := range t.cams {
		order := make([]int, len(t.cams))
		for k := range order {
			order[k] = k
		}
		far := func(k int) float64 { return t.cams[k].Pose.Pos.Sub(t.cams[i].Pose.Pos).Len() }
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(far(a), far(b)) })
		n := max(fewest, int(nearby*float64(len(order))))
		t.neighbours = append(t.neighbours, order[:min(n+1, len(order))])
	}
}

// fresh is [dataset.Set.Fresh].
func (t *lessons) fresh(keys []uint64, rays []plucker.Ray, rgba [][4]float32) {
	type room struct {
		coords []plucker.Coords
		rgb    []float32
	}
	r, _ := t.scratch.Get().(*room)
	if r == nil {
		r = new(room)
	}
	defer t.scratch.Put(r)
	r.coords = slices.Grow(r.coords[:0], len(keys))[:len(keys)]
	r.rgb = slices.Grow(r.rgb[:0], 3*len(keys))[:3*len(keys)]
	for i, key := range keys {
		rays[i] = t.ray(key)
		r.coords[i] = t.frame.Coords(rays[i])
	}
	t.field.Colors(r.rgb, r.coords)
	for i := range rgba {
		rgba[i][3] = 1
		for k := range 3 {
			rgba[i][k] = min(max(r.rgb[3*i+k], 0), 1)
		}
	}
}

// ray is a ray through any point of the picture of a new camera: one of the photographs', moved and turned by a share of
// what lies between two of its neighbours. So new cameras are spread as the photographs' are, on a shell, an arc or
// in a cluster, and go on a little beyond the outermost (a smoothed bootstrap: Silverman and Young, Biometrika
// 74(3), 1987).
func (t *lessons) ray(key uint64) plucker.Ray {
	var pcg rand.PCG
	pcg.Seed(key, 0)
	random := func() float64 { return float64(pcg.Uint64()>>11) / (1 << 53) }
	i := int(random() * float64(len(t.cams)))
	near := t.neighbours[i]
	three := [3]int{i, near[int(random()*float64(len(near)))], near[int(random()*float64(len(near)))]}
	share := random()

	// Positions are meant as directions and distances from the scene's centre, so that those on a ball stay on it.
	var dir, straight mgl64.Vec3
	var turn mgl64.Quat
	distance, least, most := 0.0, math.Inf(1), 0.0
	first := mgl64.Mat4ToQuat(t.cams[i].Pose.Rot.Mat4())
	for k, w := range [3]float64{1, share, -share} {
		pose := &t.cams[three[k]].Pose
		from := pose.Pos.Sub(t.frame.Center)
		straight = straight.Add(from.Mul(w))
		length := from.Len()
		if length > 0 {
			dir = dir.Add(from.Mul(w / length))
		}
		distance, least, most = distance+w*length, min(least, length), max(most, length)
		q := mgl64.Mat4ToQuat(pose.Rot.Mat4())
		if q.Dot(first) < 0 {
			q = q.Scale(-1)
		}
		turn = turn.Add(q.Scale(w))
	}
	cam := t.cams[i]
	if length := dir.Len(); length > 0.5 {
		straight = dir.Mul(min(max(distance, least), most) / length)
	}
	cam.Pose.Pos = t.frame.Center.Add(straight)
	if length := turn.Len(); length > 0.5 && !math.IsNaN(length) {
		cam.Pose.Rot = turn.Normalize().Mat4().Mat3()
	}
	return cam.Ray(random()*float64(cam.Width), random()*float64(cam.Height))
}
