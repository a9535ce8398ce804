package lfn

import (
	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// HyperLearner computes gradients of a hypernetwork and of latents, with several goroutines. It owns the memory for that,
// so that after the first batches nothing is allocated.
//
// The gradients are the same to the last bit for any GOMAXPROCS.
type HyperLearner struct {
	// Light, where it is not nil and scenes are volumes, says what else a batch learns: how much light comes through a scene.
	// It gets the transmittance behind the rays first … first+len(trans)−1 of a scene, and writes the derivative by it of a
	// loss, which Batch does not count. It is called as loss is.
	Light func(scene, first int, trans, dtrans []float32)

	hyper  *Hyper
	fixed  bool // only latents learn
	pool   *pool
	nets   []psiLearner
	parts  []*psiPart // of all nets
	lanes  []hyperLane
	grads  []Grad
	z      []float32 // latents of the batch, and the derivative by them
	dz     []float32
	dzs    [][]float32 // of each MLP
	losses []float64

	// Of the batch at hand.
	n, rays int
	only    bool // the loss
	draw    func(scene, first int, dst []plucker.Coords)
	loss    func(scene, first int, rgb, drgb []float32) float64

	packTask, forwardTask, forwardPartTask, laneTask, addTask, backwardPartTask, backwardTask func(i int)
}

// hyperLane is what one goroutine needs for the network of one scene after another, and one partial sum of the gradients
// of what all scenes share.
type hyperLane struct {
	lane
	phi       *Network
	mlp       mlp
	encoder   encoder
	dtrans    []float32   // see HyperLearner.Light
	dphi      [][]float32 // of the layers, in the order of Network.Tensors
	dbase     [][]float32 // likewise; nil without
	touched   []uint8     // what f32.Scatter marks, which is not looked at
	out, dout [][]float32 // what each MLP of Ψ answered for the scene at hand, and the derivative by it; phi has the grids of out
}

// NewLearner makes a learner for batches of up to that many scenes. Close gives its goroutines back.
func (h *Hyper) NewLearner(maxScenes int) *HyperLearner { return h.newLearner(maxScenes, false) }

// NewLatentLearner makes a learner of latents alone, with the hypernetwork as it is now, which may not change while the
// learner is in use: it has no Grads.
func (h *Hyper) NewLatentLearner(maxScenes int) *HyperLearner {
	l := h.newLearner(maxScenes, true)
	l.pool.run(len(l.nets), l.packTask)
	l.pool.run(len(l.parts), func(i int) { l.parts[i].pack() })
	return l
}

func (h *Hyper) newLearner(maxScenes int, fixed bool) *HyperLearner {
	l := &HyperLearner{hyper: h, fixed: fixed, pool: newPool(), losses: make([]float64, maxScenes)}
	size := f32.Rows(maxScenes) * h.Config.Latent
	l.z, l.dz = make([]float32, size), make([]float32, size)
	for i := range h.nets {
		l.nets = append(l.nets, newPsiLearner(&h.nets[i], l.z, maxScenes, !fixed))
	}
	for i := range l.nets {
		for k := range l.nets[i].parts {
			l.parts = append(l.parts, &l.nets[i].parts[k])
		}
	}
	l.dzs = make([][]float32, len(l.nets))
	l.lanes = make([]hyperLane, min(lanes, maxScenes))
	for i := range l.lanes {
		l.lanes[i] = h.newLane(!fixed)
	}
	if !fixed {
		var ds [][]float32
		for i := range l.nets {
			ds = append(ds, l.nets[i].gradients()...)
		}
		for _, t := range h.baseTensors() {
			ds = append(ds, make([]float32, len(t.Data)))
		}
		for i, t := range h.Tensors() {
			l.grads = append(l.grads, Grad{Tensor: t, D: ds[i]})
		}
	}
	l.packTask, l.forwardTask, l.laneTask, l.addTask, l.backwardTask = l.pack, l.forward, l.runLane, l.addBase, l.backward
	l.forwardPartTask, l.backwardPartTask = l.forwardPart, l.backwardPart
	return l
}

func (h *Hyper) newLane(weights bool) hyperLane {
	a := hyperLane{lane: newLane(h.Config.Network), dtrans: make([]float32, stripRays)}
	a.phi, _ = newZero(h.Config.Network)
	a.mlp, a.encoder = newMLP(h.Config.Network), newEncoder(a.phi)
	for _, t := range layerTensors(a.phi.Layers) {
		a.dphi = append(a.dphi, make([]float32, len(t.Data)))
		if weights && h.Base != nil {
			a.dbase = append(a.dbase, make([]float32, len(t.Data)))
		}
	}
	for i := range h.nets {
		n := h.nets[i].layers[2].Out
		a.dout = append(a.dout, make([]float32, n))
		if g := i - h.gridNet(); g >= 0 {
			a.out = append(a.out, a.phi.Grids[g])
			a.touched = make([]uint8, max(len(a.touched), (n+15)/16))
		} else {
			a.out = append(a.out, make([]float32, n))
		}
	}
	return a
}

// Close ends the learner's goroutines.
func (l *HyperLearner) Close() { l.pool.close() }

// Grads lists the gradients of the last batch, in the order of the hypernetwork's tensors.
func (l *HyperLearner) Grads() []Grad { return l.grads }

// DLatents is the derivative of the loss of the last batch by its latents, one after the other.
func (l *HyperLearner) DLatents() []float32 { return l.dz[:l.n*l.hyper.Config.Latent] }

// Run calls task(0) … task(n−1) on the learner's goroutines: for the steps that follow the gradients.
func (l *HyperLearner) Run(n int, task func(i int)) { l.pool.run(n, task) }

// Batch computes the loss of a number of rays of each of several scenes, and its gradients. The scenes' latents are one after
// the other.
//
// draw writes the rays first … first+len(dst)−1 of a scene; loss gets their colours rgb, not clamped, 3 for each ray, writes
// the derivative of the loss by them to drgb, and returns their share of the loss. Both are called from several goroutines
// at once, for different scenes.
func (l *HyperLearner) Batch(latents []float32, rays int, draw func(scene, first int, dst []plucker.Coords),
	loss func(scene, first int, rgb, drgb []float32) float64) float64 {
	l.only = false
	total := l.evaluate(latents, rays, draw, loss)
	if !l.fixed && l.hyper.Base != nil {
		l.pool.run(len(l.lanes[0].dbase), l.addTask)
	}
	l.pool.run(len(l.parts), l.backwardPartTask)
	l.pool.run(len(l.nets), l.backwardTask)
	dz := l.DLatents()
	clear(dz)
	for _, d := range l.dzs {
		add(dz, d[:len(dz)])
	}
	return total
}

// Loss computes the loss as Batch does, and no gradient.
func (l *HyperLearner) Loss(latents []float32, rays int, draw func(scene, first int, dst []plucker.Coords),
	loss func(scene, first int, rgb, drgb []float32) float64) float64 {
	l.only = true
	return l.evaluate(latents, rays, draw, loss)
}

// evaluate does all of a batch up to what the MLPs of Ψ answered.
func (l *HyperLearner) evaluate(latents []float32, rays int, draw func(scene, first int, dst []plucker.Coords),
	loss func(scene, first int, rgb, drgb []float32) float64) float64 {
	l.n = len(latents) / l.hyper.Config.Latent
	if l.n > len(l.losses) {
		panic("lfn: Batch: more scenes than the learner was made for")
	}
	l.rays, l.draw, l.loss = rays, draw, loss
	copy(l.z, latents)
	if !l.fixed {
		l.pool.run(len(l.nets), l.packTask)
	}
	l.pool.run(len(l.nets), l.forwardTask)
	l.pool.run(len(l.parts), l.forwardPartTask)
	l.pool.run(len(l.lanes), l.laneTask)
	total := 0.
	for _, x := range l.losses[:l.n] {
		total += x
	}
	return total
}

func (l *HyperLearner) pack(i int)         { l.nets[i].pack() }
func (l *HyperLearner) forward(i int)      { l.nets[i].forward(l.n) }
func (l *HyperLearner) forwardPart(i int)  { l.parts[i].forward(l.n) }
func (l *HyperLearner) backwardPart(i int) { l.parts[i].backward(l.n) }
func (l *HyperLearner) backward(i int)     { l.dzs[i] = l.nets[i].backward(l.n) }

// runLane does forward, loss and backward of φ for every scene of a lane.
func (l *HyperLearner) runLane(i int) {
	a := &l.lanes[i]
	for _, d := range a.dbase {
		clear(d)
	}
	for scene := i; scene < l.n; scene += len(l.lanes) {
		for k := range l.nets {
			for j := range l.nets[k].parts {
				l.nets[k].parts[j].row(scene, a.out[k])
			}
		}
		l.hyper.compose(a.phi, a.out)
		l.losses[scene] = a.learn(l, scene)
		if !l.only {
			a.gather()
			l.hyper.composeBackward(a.dout, a.dbase, a.out, a.dphi, a.mlp.shape)
			for k := range l.nets {
				for j := range l.nets[k].parts {
					l.nets[k].parts[j].setRow(scene, a.dout[k])
				}
			}
		}
	}
}

// learn computes the loss of one scene, and unless that is all that is wanted its gradient.
func (a *hyperLane) learn(l *HyperLearner, scene int) float64 {
	for i := range a.mlp.shape {
		a.mlp.pack(a.phi, i)
		clear(a.db[i])
		if !l.only {
			a.mlp.packTransposed(a.phi, i)
		}
	}
	grids := a.dout[l.hyper.gridNet():] // the derivatives by them
	for g := 0; !l.only && g < len(grids); g++ {
		clear(grids[g])
	}
	signed, total := a.phi.Config.Output == OutputSigned, 0.
	for first := 0; first < l.rays; first += stripRays {
		n := min(stripRays, l.rays-first)
		rays, rgb, drgb := a.rays[:n], a.rgb[:3*n], a.drgb[:3*n]
		l.draw(scene, first, rays)
		a.encoder.encode(a.strip.in(), rays, &a.strip.samples)
		a.mlp.forward(a.strip, n)
		a.strip.colors(rgb, signed)
		total += l.loss(scene, first, rgb, drgb)
		if l.only {
			continue
		}
		if signed {
			for i := range drgb {
				drgb[i] *= 0.5
			}
		}
		dx, s := a.mlp.backward(&a.lane, n, first == 0, len(grids) > 0), &a.strip.samples
		if l.Light != nil && a.phi.Config.Encoding.Kind == Volume {
			dtrans, stride := a.dtrans[:n], f32.Stride(a.mlp.shape[0].In)
			l.Light(scene, first, s.end[:n], dtrans)
			for i, d := range dtrans {
				dx[i*stride+3*len(grids)] += d // where encode wrote it
			}
		}
		a.encoder.backward(dx, rays, s)
		for g, res := range a.phi.Config.Encoding.Grids {
			f32.Scatter(grids[g], a.touched, res, s.x[:s.n], s.y[:s.n], s.z[:s.n], s.d[4*g:], s.width)
		}
	}
	return total
}

// gather copies the gradient of the layers that learn computed to dphi.
func (a *hyperLane) gather() {
	for i, s := range a.mlp.shape {
		for r := range s.Out {
			copy(a.dphi[2*i][r*s.In:][:s.In], a.dw[i][r*f32.Stride(s.In):])
		}
		copy(a.dphi[2*i+1], a.db[i])
	}
}

// addBase adds the lanes' gradients of tensor i of what all scenes share, in order.
func (l *HyperLearner) addBase(i int) {
	d := l.grads[len(l.grads)-len(l.lanes[0].dbase)+i].D
	clear(d)
	for k := range l.lanes {
		add(d, l.lanes[k].dbase[i])
	}
}
