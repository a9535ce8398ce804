package dataset

import (
	"math"
	"math/rand/v2"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
	"lfnview/render/mesh"
)

// Rooms are like those of the GQN data set (Eslami et al., Neural scene representation and rendering, Science 2018).
// The middle of the floor is the origin, and the walls are at ±1.
const (
	wallHeight = 1.0
	placeSide  = 0.5  // objects stand at ±placeSide at most
	wallGap    = 0.1  // of cameras from walls
	objectGap  = 0.15 // of cameras from objects, and
	standGap   = 0.05 // of objects from each other
	roomFovX   = math.Pi / 3
)

// standing is an object on the floor: it is inside an upright cylinder.
type standing struct {
	at             mgl64.Vec3 // of its foot
	radius, height float64
}

// meets says whether a point is nearer to the object than gap.
func (s *standing) meets(p mgl64.Vec3, gap float64) bool {
	return p[2] < s.height+gap && math.Hypot(p[0]-s.at[0], p[1]-s.at[1]) < s.radius+gap
}

// room is a square room without a ceiling, with one to three objects, and cameras in it.
func room(rng *rand.Rand, o *GenerateOptions) (*mesh.Scene, []plucker.Camera) {
	var b mesh.Builder
	paint(rng)(&b, scaledAt(mgl64.Vec3{}, 0, mgl64.Vec3{2, 2, 1}))
	wall := paint(rng)
	for side := range 4 {
		turn := float64(side) * math.Pi / 2
		upright := mgl64.HomogRotate3DZ(turn).Mul4(mgl64.Translate3D(0, 1, wallHeight/2)).
			Mul4(mgl64.HomogRotate3DX(math.Pi / 2)).Mul4(mgl64.Scale3D(2, wallHeight, 1))
		wall(&b, upright)
	}
	var objects []standing
	for range 1 + rng.IntN(3) {
		objects = append(objects, furnish(rng, &b, objects))
	}
	cams := make([]plucker.Camera, o.Views)
	for i := range cams {
		cams[i] = plucker.Pinhole(lookAround(rng, objects), o.Size, o.Size, roomFovX)
	}
	return b.Scene(), cams
}

// paint chooses random colours, and returns what adds a square of them, plain or checkered.
func paint(rng *rand.Rand) func(b *mesh.Builder, at mgl64.Mat4) {
	color := func() [3]float64 { return anyHue(rng, between(rng, 0.2, 0.7), between(rng, 0.6, 0.95)) }
	n, even, odd := 1, color(), color()
	if rng.IntN(2) == 0 {
		n = 4 + 2*rng.IntN(3)
	}
	return func(b *mesh.Builder, at mgl64.Mat4) {
		b.Checker(at, n, even, odd)
	}
}

// furnish adds a random object that touches none of the others. There always is a place: of the four corners in which
// an object may stand, each of the others is too near to one at most.
func furnish(rng *rand.Rand, b *mesh.Builder, others []standing) standing {
	s := standing{radius: between(rng, 0.12, 0.22), height: between(rng, 0.25, 0.5)}
	shapes := []func(*mesh.Builder, mgl64.Mat4, [3]float64){(*mesh.Builder).Box, (*mesh.Builder).Sphere, (*mesh.Builder).Cylinder, (*mesh.Builder).Cone}
	shape := rng.IntN(len(shapes))
	width := 2 * s.radius
	switch shape {
	case 0:
		width = math.Sqrt2 * s.radius // of a square in the circle
	case 1:
		s.height = width
	}
	for free := false; !free; {
		s.at = mgl64.Vec3{between(rng, -placeSide, placeSide), between(rng, -placeSide, placeSide), 0}
		free = true
		for i := range others {
			free = free && !others[i].meets(s.at, s.radius+standGap)
		}
	}
	middle := s.at.Add(mgl64.Vec3{0, 0, s.height / 2})
	shapes[shape](b, scaledAt(middle, between(rng, 0, math.Pi/2), mgl64.Vec3{width, width, s.height}), anyHue(rng, between(rng, 0.6, 0.9), between(rng, 0.7, 1)))
	return s
}

// lookAround is a camera anywhere in the room but in objects, which looks about the room's middle.
func lookAround(rng *rand.Rand, objects []standing) plucker.Pose {
	for {
		const side = 1 - wallGap
		eye := mgl64.Vec3{between(rng, -side, side), between(rng, -side, side), between(rng, 0.2, 0.7)}
		to := mgl64.Vec3{between(rng, -0.15, 0.15), between(rng, -0.15, 0.15), between(rng, 0.1, 0.3)}
		ok := math.Hypot(to[0]-eye[0], to[1]-eye[1]) > 0.5
		for i := range objects {
			ok = ok && !objects[i].meets(eye, objectGap)
		}
		if ok {
			return plucker.LookAt(eye, to, mgl64.Vec3{0, 0, 1})
		}
	}
}
