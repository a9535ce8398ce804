package lfn

import "math"

// compose writes the layers of phi, from what the MLPs of Ψ answered for one latent and from what all scenes share.
func (h *Hyper) compose(phi *Network, out [][]float32) {
	for i := range phi.Layers {
		l := &phi.Layers[i]
		switch h.Config.Conditioning {
		case HyperFull:
			copy(l.Weight, out[2*i])
			copy(l.Bias, out[2*i+1])
		case HyperLowRank:
			base := &h.Base[i]
			lowRank(l.Weight, base, out[2*i], h.Config.Rank)
			for r, b := range base.Bias {
				l.Bias[r] = b + out[2*i+1][r]
			}
		case HyperFilm:
			base := &h.Base[i]
			scale, shift := out[i][:l.Out], out[i][l.Out:]
			for r := range l.Out {
				s := 1 + scale[r]
				for k, w := range base.Weight[r*l.In:][:l.In] {
					l.Weight[r*l.In+k] = s * w
				}
				l.Bias[r] = s*base.Bias[r] + shift[r]
			}
		}
	}
}

// lowRank is w = base ∘ (a·b), where ab holds a, Out×rank, and then b, rank×In.
func lowRank(w []float32, base *Layer, ab []float32, rank int) {
	a, b := ab[:base.Out*rank], ab[base.Out*rank:]
	for r := range base.Out {
		row := w[r*base.In:][:base.In]
		clear(row)
		for q, v := range a[r*rank:][:rank] {
			for k, u := range b[q*base.In:][:base.In] {
				row[k] += v * u
			}
		}
		for k, v := range base.Weight[r*base.In:][:base.In] {
			row[k] *= v
		}
	}
}

// composeBackward turns dphi, the derivative by the layers of the network that out composed, into that by out, dout. It
// adds the derivative by what all scenes share to dbase, unless that is nil. dphi and dbase are in the order of
// [Network.Tensors], with the shapes of layers.
func (h *Hyper) composeBackward(dout, dbase, out, dphi [][]float32, layers []Layer) {
	for i, l := range layers {
		dw, db := dphi[2*i], dphi[2*i+1]
		switch h.Config.Conditioning {
		case HyperFull:
			copy(dout[2*i], dw)
			copy(dout[2*i+1], db)
		case HyperLowRank:
			var dbw []float32
			if dbase != nil {
				dbw = dbase[2*i]
				add(dbase[2*i+1], db)
			}
			lowRankBackward(dout[2*i], dbw, dw, &h.Base[i], out[2*i], h.Config.Rank)
			copy(dout[2*i+1], db)
		case HyperFilm:
			base := &h.Base[i]
			for r := range l.Out {
				s, ds := 1+out[i][r], db[r]*base.Bias[r]
				row := dw[r*l.In:][:l.In]
				for k, w := range base.Weight[r*l.In:][:l.In] {
					ds += row[k] * w
				}
				dout[i][r], dout[i][l.Out+r] = ds, db[r]
				if dbase == nil {
					continue
				}
				to := dbase[2*i][r*l.In:][:l.In]
				for k, d := range row {
					to[k] += s * d
				}
				dbase[2*i+1][r] += s * db[r]
			}
		}
	}
}

// lowRankBackward is the backward of lowRank: dw is the derivative by w. It adds to dbase unless that is nil.
func lowRankBackward(dab, dbase, dw []float32, base *Layer, ab []float32, rank int) {
	a, b := ab[:base.Out*rank], ab[base.Out*rank:]
	da, db := dab[:base.Out*rank], dab[base.Out*rank:]
	clear(db)
	for r := range base.Out {
		row, weight := dw[r*base.In:][:base.In], base.Weight[r*base.In:][:base.In]
		for q, v := range a[r*rank:][:rank] {
			sum := float32(0)
			from, to := b[q*base.In:][:base.In], db[q*base.In:][:base.In]
			for k, d := range row {
				d *= weight[k]
				sum += d * from[k]
				to[k] += d * v
			}
			da[r*rank+q] = sum
			if dbase == nil {
				continue
			}
			for k, d := range row {
				dbase[r*base.In+k] += d * v * from[k]
			}
		}
	}
}

func add(x, y []float32) {
	for i, v := range y {
		x[i] += v
	}
}

func setAll(x []float32, v float32) {
	for i := range x {
		x[i] = v
	}
}

func rootInverse(n int) float32 { return float32(1 / math.Sqrt(float64(n))) }
