package lfn

import (
	"lfnview/lfn/f32"
	"lfnview/plucker"
)

// lanes is how many partial sums of the gradients there are: rays are summed chunk by chunk into
// their lane, lanes are then added in order, so the result does not depend on who does what when.
const lanes = 16

// Grad is the derivative of the loss by one tensor, in the order of [Network.Tensors].
type Grad struct {
	Tensor
	D []float32 // of the length of Data
	// Touched marks the lines of 16 values of a grid that the last batch had a sample beside; D is zero
	// elsewhere. It is nil for a dense tensor. Who uses the gradient of a grid clears it: see f32.AdamTouched.
	Touched []uint8
}

// Learner computes gradients of a network, with several goroutines. It owns the memory for that, so
// that after the first batches nothing is allocated.
//
// The gradients are the same to the last bit for any GOMAXPROCS.
type Learner struct {
	network *Network
	mlp     mlp
	encoder encoder
	pool    *pool
	grads   []Grad
	lanes   []lane
	chunks  []chunk
	slabs   int // of the ball or cube, and as many outside where there is something

	// Of the batch at hand.
	n    int
	rays func(first int, dst []plucker.Coords)
	loss func(first int, rgb, drgb []float32) float64
	odd  int // which slabs are scattered, even or odd ones

	// The steps of a batch, made once so that handing them to the pool allocates nothing.
	packTask, laneTask, addTask, scatterTask func(i int)
}

// lane is one partial sum of the gradients of the dense layers, and what is needed to add to it.
type lane struct {
	strip *strip
	rays  []plucker.Coords
	rgb   []float32
	drgb  []float32
	dw    [][]float32 // of each layer: Rows(out) rows of Stride(in)
	db    [][]float32
}

// chunk is the derivatives of the features at the samples of stripRays rays, sorted into slabs of space.
type chunk struct {
	first   []int32 // slab k has the samples first[k] … first[k+1]−1, those outside behind the others
	x, y, z []float32
	d       []float32
	loss    float64
}

// NewLearner makes a learner for batches of up to maxBatch rays. Close gives its goroutines back.
func (n *Network) NewLearner(maxBatch int) *Learner {
	l := &Learner{network: n, mlp: newMLP(n.Config), pool: newPool()}
	l.encoder = newEncoder(n)
	for i, t := range n.Tensors() {
		g := Grad{Tensor: t, D: make([]float32, len(t.Data))}
		if i >= 2*len(n.Layers) { // a grid
			g.Touched = make([]uint8, (len(t.Data)+15)/16)
		}
		l.grads = append(l.grads, g)
	}
	l.chunks = make([]chunk, (maxBatch+stripRays-1)/stripRays)
	l.lanes = make([]lane, min(lanes, len(l.chunks)))
	for i := range l.lanes {
		l.lanes[i] = newLane(n.Config)
	}
	if n.gridded() {
		l.slabs = slabCount(n.Config.Encoding.Grids)
	}
	l.packTask, l.laneTask, l.addTask, l.scatterTask = l.packLayer, l.runLane, l.addLayer, l.scatterSlab
	return l
}

func newLane(c Config) lane {
	a := lane{strip: newStrip(c, stripRays, keepAll), rays: make([]plucker.Coords, stripRays),
		rgb: make([]float32, 3*stripRays), drgb: make([]float32, 3*stripRays)}
	for _, s := range newMLP(c).shape {
		a.dw = append(a.dw, make([]float32, f32.Rows(s.Out)*f32.Stride(s.In)))
		a.db = append(a.db, make([]float32, f32.Stride(s.Out)))
	}
	return a
}

// Close ends the learner's goroutines.
func (l *Learner) Close() { l.pool.close() }

// Grads lists the gradients of the last batch, in the order of the network's tensors.
func (l *Learner) Grads() []Grad { return l.grads }

// Run calls task(0) … task(n−1) on the learner's goroutines: for the steps that follow the gradients.
func (l *Learner) Run(n int, task func(i int)) { l.pool.run(n, task) }

// FindEmptySpace is [Network.FindEmptySpace] on the learner's goroutines.
func (l *Learner) FindEmptySpace() { l.network.findEmptySpace(l.pool.run) }

// Batch computes the loss of n rays and its gradients.
//
// rays writes the rays first … first+len(dst)−1; loss gets their colours rgb, not clamped, 3 for each
// ray, writes the derivative of the loss by them to drgb, and returns their share of the loss. Both
// are called from several goroutines at once, for different rays.
func (l *Learner) Batch(n int, rays func(first int, dst []plucker.Coords), loss func(first int, rgb, drgb []float32) float64) float64 {
	if n > len(l.chunks)*stripRays {
		panic("lfn: Batch: more rays than the learner was made for")
	}
	l.n, l.rays, l.loss = n, rays, loss
	l.pool.run(2*len(l.mlp.shape), l.packTask)
	l.pool.run(len(l.lanes), l.laneTask)
	l.pool.run(len(l.mlp.shape), l.addTask)
	if l.slabs > 0 {
		for l.odd = range 2 {
			l.pool.run(l.slabs/2*len(l.network.Grids), l.scatterTask)
		}
	}
	total := 0.0
	for i := range (n + stripRays - 1) / stripRays {
		total += l.chunks[i].loss
	}
	return total
}

func (l *Learner) packLayer(i int) {
	if i%2 == 0 {
		l.mlp.pack(l.network, i/2)
	} else {
		l.mlp.packTransposed(l.network, i/2)
	}
}

// runLane does forward, loss and backward for every chunk of a lane.
func (l *Learner) runLane(i int) {
	a := &l.lanes[i]
	for j := range a.db {
		clear(a.db[j])
	}
	empty := i*stripRays >= l.n
	for j := 0; empty && j < len(a.dw); j++ {
		clear(a.dw[j])
	}
	signed := l.network.Config.Output == OutputSigned
	for c := i; c*stripRays < l.n; c += len(l.lanes) {
		first := c * stripRays
		n := min(stripRays, l.n-first)
		rays, rgb, drgb := a.rays[:n], a.rgb[:3*n], a.drgb[:3*n]
		l.rays(first, rays)
		l.encoder.encode(a.strip.in(), rays, &a.strip.samples)
		l.mlp.forward(a.strip, n)
		a.strip.colors(rgb, signed)
		l.chunks[c].loss = l.loss(first, rgb, drgb)
		if signed {
			for i := range drgb {
				drgb[i] *= 0.5
			}
		}
		dx := l.mlp.backward(a, n, c == i, l.slabs > 0)
		if l.slabs > 0 {
			l.encoder.backward(dx, rays, &a.strip.samples)
			l.chunks[c].sort(&a.strip.samples, l.slabs, len(l.network.occ))
		}
	}
}

// backward runs the layers backwards from a.drgb, adds to the gradients of a, or sets them for its first
// rays, and returns the derivative by the input where that is wanted.
func (m *mlp) backward(a *lane, n int, first, wantInput bool) []float32 {
	s := a.strip
	d, other := s.dact[0], s.dact[1]
	stride := f32.Stride(3)
	clear(d[:n*stride])
	for i := range n {
		copy(d[i*stride:], a.drgb[3*i:3*i+3])
	}
	for i := len(m.shape) - 1; i >= 0; i-- {
		l := m.shape[i]
		if i < len(m.shape)-1 {
			m.backwardNorm(d, s, i, n)
		}
		if first {
			f32.Outer(a.dw[i], d, s.act[i], l.Out, l.In, n)
		} else {
			f32.AddOuter(a.dw[i], d, s.act[i], l.Out, l.In, n)
		}
		f32.SumRows(a.db[i], d, l.Out, n)
		if i > 0 || wantInput {
			f32.MatMul(other, d, &m.wt[i], nil, n)
			d, other = other, d
		}
	}
	return d
}

// backwardNorm turns the derivative by the activations of layer i into that by its products, in place.
func (m *mlp) backwardNorm(d []float32, s *strip, i, n int) {
	size := n * f32.Stride(m.shape[i].Out)
	if m.config.Activation == Sine {
		f32.SineBackward(d[:size], s.pre[i], float32(m.config.Omega))
	}
	if m.config.Norm == NormLayer {
		f32.NormBackward(d, s.pre[i], s.rstd[i], m.lo(), m.shape[i].Out, n)
	} else if m.config.Activation == ReLU {
		f32.RectifyBackward(d[:size], s.pre[i])
	}
}

// addLayer adds the lanes' gradients of layer i in order.
func (l *Learner) addLayer(i int) {
	s := l.mlp.shape[i]
	dw, db, stride := l.grads[2*i].D, l.grads[2*i+1].D, f32.Stride(s.In)
	for r := range s.Out {
		row := dw[r*s.In:][:s.In]
		copy(row, l.lanes[0].dw[i][r*stride:])
		for k := 1; k < len(l.lanes); k++ {
			for j, v := range l.lanes[k].dw[i][r*stride:][:s.In] {
				row[j] += v
			}
		}
	}
	clear(db)
	for k := range l.lanes {
		for j := range db {
			db[j] += l.lanes[k].db[i][j]
		}
	}
}

// maxSlabs is what slabCount answers at most.
const maxSlabs = 32

// slabCount is into how many slabs along z space is cut for the scatter: an even number, each slab wider than
// two cells of every grid, so that two slabs with one between them share no texel, whatever the rounding at
// their edges. Their planes of texels may be neighbours, and where a plane has an odd number of texels a line of
// marks goes on from one to the next: there slabs are wider than three cells.
func slabCount(grids []int) int {
	n := maxSlabs
	for _, r := range grids {
		n = min(n, (r-2)/(2+r%2))
	}
	return max(2, n&^1)
}

// slab is the slab of a sample.
func slab(z float32, slabs int) int {
	u := (z + 1) * 0.5 * float32(slabs)
	if !(u > 0) { // NaN, too, as in f32.Scatter
		return 0
	}
	return int(min(u, float32(slabs-1)))
}

// sort copies the samples of a strip into slabs, in their order within each.
func (c *chunk) sort(s *samples, slabs, spaces int) {
	if len(c.x) < s.n {
		size := min(len(s.x), s.n+s.n/2)
		c.x, c.y, c.z, c.d = make([]float32, size), make([]float32, size), make([]float32, size), make([]float32, size*s.width)
	}
	if c.first == nil {
		c.first = make([]int32, slabs*spaces+1)
	}
	var next [2*maxSlabs + 1]int32
	of := func(i int) int {
		if s.outside[i] {
			return slabs + slab(s.z[i], slabs)
		}
		return slab(s.z[i], slabs)
	}
	for i := range s.n {
		next[of(i)+1]++
	}
	for k := range slabs * spaces {
		next[k+1] += next[k]
	}
	copy(c.first, next[:slabs*spaces+1])
	for i := range s.n {
		k := of(i)
		j := int(next[k])
		next[k]++
		c.x[j], c.y[j], c.z[j] = s.x[i], s.y[i], s.z[i]
		copy(c.d[j*s.width:(j+1)*s.width], s.d[i*s.width:(i+1)*s.width])
	}
}

// scatterSlab adds the derivatives of one slab's samples to the gradient of one grid, chunk by chunk.
func (l *Learner) scatterSlab(i int) {
	res := l.network.Config.Encoding.Grids
	grid, k := i%len(l.network.Grids), i/len(l.network.Grids)*2+l.odd
	g, space := grid%len(res), grid/len(res)
	grad := &l.grads[2*len(l.mlp.shape)+grid]
	width := 4 * len(res)
	k += space * l.slabs
	for c := range (l.n + stripRays - 1) / stripRays {
		ch := &l.chunks[c]
		lo, hi := ch.first[k], ch.first[k+1]
		if lo == hi {
			continue
		}
		x, y, z, d := ch.x[lo:hi], ch.y[lo:hi], ch.z[lo:hi], ch.d[int(lo)*width+4*g:]
		if s := l.network.spansOf(grid); s != nil {
			f32.ScatterHeld(grad.D, grad.Touched, s.starts, res[g], x, y, z, d, width)
		} else {
			f32.Scatter(grad.D, grad.Touched, res[g], x, y, z, d, width)
		}
	}
}
