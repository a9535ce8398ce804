package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"lfnview/lfn"
	"lfnview/plucker"
)

// A texel of a fine grid goes towards its neighbours, those beyond a side being as it is; that of empty space stays.
func TestSettle(t *testing.T) {
	const res = 5
	rng := rand.New(rand.NewPCG(1, 2))
	before := make([]float32, 4*res*res*res)
	for i := range before {
		before[i] = rng.Float32()
	}
	before[4*62] = lfn.EmptyDensity // in the middle
	at := func(x, y, z, k int) float64 {
		inside := func(i int) int { return min(max(i, 0), res-1) }
		return float64(before[4*((inside(z)*res+inside(y))*res+inside(x))+k])
	}
	tr := newTrainer(t, testSet(t), testOptions(10))
	grid := append([]float32(nil), before...)
	const edge = 0.3
	tr.settle(grid, nil, res, 0.25, edge, 0)
	for i := range grid {
		x, y, z, k := i/4%res, i/4/res%res, i/4/res/res, i%4
		want := at(x, y, z, k)
		for _, v := range []float64{at(x-1, y, z, k), at(x+1, y, z, k), at(x, y-1, z, k), at(x, y+1, z, k), at(x, y, z-1, k), at(x, y, z+1, k)} {
			d := v - at(x, y, z, k)
			if k == 0 {
				d = min(max(d, -edge), edge)
			}
			want += 0.25 * d / 6
		}
		if i/4 == 62 {
			want = at(x, y, z, k)
		}
		if math.Abs(float64(grid[i])-want) > 1e-6 {
			t.Fatalf("channel %d of texel %d, %d, %d is %v, want %v", k, x, y, z, grid[i], want)
		}
	}
}

// sunkBy is by how much densities sink in a round that ends with that step.
func sunkBy(tr *Trainer, step int) float32 {
	tr.rounds.Step, tr.adam.LR = step, 1e-3
	for i := range tr.network.Grids[0] {
		tr.network.Grids[0][i] = 0.5
	}
	tr.shrink(round)
	return 0.5 - tr.network.Grids[0][0]
}

// In a window, densities sink less and less, and at last no more.
func TestFade(t *testing.T) {
	set, cams := sideBySide()
	set.Window = plucker.WindowOf(cams, set.Frame, 0.6, math.Inf(1))
	tr := newTrainer(t, set, testOptions(1000))
	by := func(step int) float32 { return sunkBy(tr, step) }
	first, later, last := by(0), by(150), by(300)
	if !(first > 0) || math.Abs(float64(later/first)-0.5) > 1e-2 || last != 0 {
		t.Errorf("densities sink by %v, halfway by %v, and then by %v, want half and nothing", first, later, last)
	}
}

func TestPriors(t *testing.T) {
	for finest, want := range map[int]float64{8: 1, 64: 1, 128: 0.5, 256: 0.25} {
		e := lfn.Encoding{Kind: lfn.Volume, Grids: []int{8, finest}}
		p := priorsOf(e, 0.4)
		sink := 0.05 * want
		if want < 1 {
			sink = 0.2 * want
		}
		if p.decay != 0.4*want || p.sink != sink || p.smooth != 0.04*(1-want) || (p.fade > 0) != (want < 1) {
			t.Errorf("%d texels: %+v, want %v of decay, %v of sink", finest, p, want, sink)
		}
		if more := priorsOf(e, 1).smooth - p.smooth; (more > 0.1) != (want < 1) {
			t.Errorf("%d texels: smoothed by %v more where a pixel has one to tell", finest, more)
		}
		if e.Clear = 2; !(priorsOf(e, 0.4).smooth > p.smooth) {
			t.Errorf("%d texels: what is outside is not smoothed more", finest)
		}
	}
}

// Densities that sink at first only do so for no more than so many steps, however long the run is.
func TestFadeSteps(t *testing.T) {
	o := testOptions(1e9)
	o.Config.Encoding.Grids = []int{8, 80}
	tr := newTrainer(t, testSet(t), o)
	by := func(step int) float32 { return sunkBy(tr, step) }
	first, later, last := by(0), by(fadeSteps/2), by(fadeSteps)
	if !(first > 0) || math.Abs(float64(later/first)-0.5) > 1e-2 || last != 0 {
		t.Errorf("densities sink by %v, halfway by %v, and then by %v, want half and nothing", first, later, last)
	}
}
