package train

// exposures are the gains of the training photographs: what a photograph makes of the scene's colours, channel by channel,
// is gain·colour. They stand for exposure and white balance, are found along with the network, which is to see all
// photographs as of one camera, and belong to the training alone. A photograph with transparent pixels was rendered or
// cut out, and has the gain 1.
type exposures struct {
	gains  []float32 // 3 of each view
	own    []bool    // whether a view has gains of its own
	on     bool      // whether one has
	views  []int32   // that the rays of the batch are of
	colors []float32 // of the batch, by the network
	sums   []gainSums
}

// gainSums has, of one channel of one view, the sums Σx² and Σxt over rays with the colour x by the network and t in the
// photograph.
type gainSums struct{ xx, xt float64 }

const (
	exposureEvery = 4    // steps: a part of the rays is enough
	exposureRate  = 0.3  // of the way to the best gain, a round
	exposurePull  = 0.01 // towards 1, as a share of Σx² where all x are 1
	maxGain       = 4
)

func newExposures(p *pixels, o Options) *exposures {
	e := &exposures{gains: p.gains, views: make([]int32, o.Batch), colors: make([]float32, 3*o.Batch), sums: make([]gainSums, len(p.gains))}
	for _, v := range p.views {
		own := !o.SameExposure && p.fresh == nil
		for i := 3; own && i < len(v.Pix); i += 4 {
			own = v.Pix[i] == 255
		}
		e.own = append(e.own, own)
		e.on = e.on || own
	}
	return e
}

// add takes a batch into account; target has the colours that the network is to have, and trust weighs by the square of what
// is between that and what it has.
func (e *exposures) add(target []float32, trust func(square float32) float32) {
	for i, view := range e.views {
		if !e.own[view] {
			continue
		}
		got, want := e.colors[3*i:][:3], target[3*i:][:3]
		square := float32(0)
		for c := range got {
			square += (got[c] - want[c]) * (got[c] - want[c])
		}
		weight := float64(trust(square))
		for c := range got {
			k := 3*int(view) + c
			x := float64(got[c])
			e.sums[k].xx += weight * (x*x + exposurePull)
			e.sums[k].xt += weight * (x*float64(want[c]*e.gains[k]) + exposurePull)
		}
	}
}

// adjust moves the gains towards those that fit the rays of the round, Σxt/Σx², and makes their mean over the views 1.
func (e *exposures) adjust() {
	for c := range 3 {
		sum, n := 0.0, 0
		for view, own := range e.own {
			if !own {
				continue
			}
			k := 3*view + c
			if s := &e.sums[k]; s.xx > 0 {
				best := min(max(float32(s.xt/s.xx), 1./maxGain), maxGain)
				e.gains[k] += exposureRate * (best - e.gains[k])
				*s = gainSums{}
			}
			sum += float64(e.gains[k])
			n++
		}
		for view, own := range e.own {
			if k := 3*view + c; own {
				e.gains[k] = min(max(e.gains[k]*float32(float64(n)/sum), 1./maxGain), maxGain)
			}
		}
	}
}
