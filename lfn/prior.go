package lfn

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"lfnview/plucker"
)

// Prior is what a class of scenes has in common: a hypernetwork, the latents of the scenes that it was trained on, its
// instances, and what is needed to look at them. Its file, .prior, is a safetensors file with the tensors; the rest is
// JSON, under "lfn-prior" in the file's metadata.
type Prior struct {
	Hyper      *Hyper
	Instances  []Instance
	Latents    []float32     // one after the other, in the order of Instances
	Scene      plucker.Frame // where the unit ball of every instance is in its world
	Background [3]float32    // sRGB in [0, 1], behind transparent pixels of the photographs
	Cameras    []View        // of one instance: from where, and by which lens, the class was photographed
	Training   Training

	header
}

// Instance is one scene of a class.
type Instance struct {
	Name  string `json:"name"`            // its folder below the data set, with slashes
	Class string `json:"class,omitempty"` // where there are several
}

const (
	priorKey     = "lfn-prior" // of the file's metadata
	priorVersion = 1
	latentsName  = "latents"
)

// Latent is that of instance i. It aliases Latents.
func (p *Prior) Latent(i int) Latent {
	n := p.Hyper.Config.Latent
	return Latent(p.Latents[i*n : (i+1)*n : (i+1)*n])
}

// Mean is the latent in the middle of those of all instances.
func (p *Prior) Mean() Latent {
	z := make(Latent, p.Hyper.Config.Latent)
	for i := range p.Instances {
		for k, v := range p.Latent(i) {
			z[k] += v / float32(len(p.Instances))
		}
	}
	return z
}

// Nearest are the instances whose latents are nearest to z, the nearest first: n of them, or all where there are fewer.
func (p *Prior) Nearest(z Latent, n int) []int {
	all, far := make([]int, len(p.Instances)), make([]float64, len(p.Instances))
	for i := range all {
		all[i], far[i] = i, z.Distance(p.Latent(i))
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(far[a], far[b]) })
	return all[:min(n, len(all))]
}

// Model decodes a latent to a model of that scene: a plain one. It has no Training: that of the prior says nothing of one scene.
func (p *Prior) Model(z Latent) *Model {
	return &Model{Network: p.Hyper.Decode(z), Scene: p.Scene, Background: p.Background, Cameras: slices.Clone(p.Cameras)}
}

// OpenPrior reads the prior in the file at path. What it promises of errors and memory is what [Open] does.
func OpenPrior(path string) (*Prior, error) { return openFile(path, decodePrior) }

// IsPrior reports whether the file at path says of itself that it is a prior; false where it cannot be read.
func IsPrior(path string) bool {
	f, size, err := openRegular(path)
	if err != nil {
		return false
	}
	defer f.Close()
	file, err := openSafetensors(f, size)
	if err != nil {
		return false
	}
	_, ok := file.metadata[priorKey]
	return ok
}

// DecodePrior reads a prior of size bytes from r, as [OpenPrior] does.
func DecodePrior(r io.ReaderAt, size int64) (*Prior, error) {
	p, err := decodePrior(r, size)
	if err != nil {
		return nil, fmt.Errorf("lfn: decode: %w", err)
	}
	return p, nil
}

func decodePrior(r io.ReaderAt, size int64) (*Prior, error) {
	file, err := openSafetensors(r, size)
	if err != nil {
		return nil, err
	}
	_, ok := file.metadata[priorKey]
	if _, model := file.metadata[modelKey]; model && !ok {
		return nil, formatErrorf(lenSize, "is a model of one scene, not a prior over many: train one with lfn train --prior")
	}
	if !ok {
		return nil, formatErrorf(lenSize, "is a safetensors file, but not a prior: its %s has no %q", metadataKey, priorKey)
	}
	p := new(Prior)
	var c HyperConfig
	err = p.header.read(file, priorKey, priorVersion, p.fields(&c), func() error { return p.validate(c) })
	if err != nil {
		return nil, err
	}
	return p, p.readTensors(file, c)
}

// readTensors takes memory only once the file has every tensor, each of its shape.
func (p *Prior) readTensors(file *safetensors, c HyperConfig) error {
	latents := Tensor{Name: latentsName, Shape: []int{len(p.Instances), c.Latent}}
	known := map[string]bool{}
	for _, t := range append(c.tensors(), latents) {
		if _, err := findTensor(file, t.Name, wide(t.Shape), floatTypes...); err != nil {
			return err
		}
		known[t.Name] = true
	}
	if err := hasOnly(file, known, "prior"); err != nil {
		return err
	}
	var err error
	if p.Hyper, err = newZeroHyper(c); err != nil {
		return formatErrorf(lenSize, "hyper: %v", err)
	}
	p.Latents = make([]float32, len(p.Instances)*c.Latent)
	latents.Data = p.Latents
	for _, t := range append(p.Hyper.Tensors(), latents) {
		if err := file.floats(t.Data, file.find(t.Name), 0); err != nil {
			return err
		}
	}
	return nil
}

// tensors lists the tensors of a hypernetwork of shape c without making one.
func (c HyperConfig) tensors() []Tensor {
	var ts []Tensor
	for i, s := range c.psis() {
		p := newPsi(s, false)
		ts = append(ts, p.tensors(fmt.Sprintf("hyper.%d.", i))...)
	}
	if c.Conditioning != HyperFull {
		for _, t := range tensorsOf(c.Network) {
			if t.grid >= 0 {
				continue
			}
			shape := make([]int, len(t.shape))
			for i, d := range t.shape {
				shape[i] = int(d)
			}
			ts = append(ts, Tensor{Name: "base." + t.name, Shape: shape})
		}
	}
	return ts
}

// Save writes the prior to the file at path by way of [WriteFile].
func (p *Prior) Save(path string) error {
	if err := WriteFile(path, p.encode); err != nil {
		return fmt.Errorf("lfn: %w", err)
	}
	return nil
}

// Encode writes the prior to w, as [Model.Encode] writes a model; latents stay float32.
func (p *Prior) Encode(w io.Writer) error {
	if err := p.encode(w); err != nil {
		return fmt.Errorf("lfn: encode: %w", err)
	}
	return nil
}

func (p *Prior) encode(w io.Writer) error {
	c := p.Hyper.Config
	if err := p.validate(c); err != nil {
		return err
	}
	if len(p.Latents) != len(p.Instances)*c.Latent {
		return fmt.Errorf("has %d numbers of latents, want %d for %d instances", len(p.Latents), len(p.Instances)*c.Latent, len(p.Instances))
	}
	var parts []part
	for _, t := range p.Hyper.Tensors() {
		x, err := floatPart(t)
		if err != nil {
			return err
		}
		parts = append(parts, x)
	}
	latents, err := floatPart(Tensor{latentsName, []int{len(p.Instances), c.Latent}, p.Latents})
	if err != nil {
		return err
	}
	latents.dtype = "F32"
	out := *p
	out.Training = out.Training.measured()
	return out.header.write(w, priorKey, priorVersion, out.fields(&c), append(parts, latents))
}

// fields are the keys of the JSON that this version knows, and where their values go.
func (p *Prior) fields(hyper *HyperConfig) map[string]any {
	return map[string]any{
		"hyper":      hyper,
		"instances":  &p.Instances,
		"scene":      &p.Scene,
		"background": &p.Background,
		"cameras":    &p.Cameras,
		"training":   &p.Training,
	}
}

// validate says what is wrong with p, its tensors aside, naming the key. hyper is the shape of its hypernetwork.
func (p *Prior) validate(hyper HyperConfig) error {
	if err := hyper.Validate(); err != nil {
		return fmt.Errorf("hyper: %w", err)
	}
	if len(p.Instances) == 0 {
		return errors.New("instances has none, want the scenes that the prior was trained on")
	}
	for i, x := range p.Instances {
		if x.Name == "" {
			return fmt.Errorf("instances[%d] has no name", i)
		}
	}
	return validateScene(p.Scene, p.Background, p.Cameras)
}

// Distance is how far apart two latents are: the root of the mean of the squares of their differences.
func (z Latent) Distance(other Latent) float64 {
	sum := 0.
	for i, v := range z {
		d := float64(v) - float64(other[i])
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(z)))
}

// Blend is on the line from z to another latent, the other at a share of 1.
func (z Latent) Blend(other Latent, share float64) Latent {
	mid := make(Latent, len(z))
	for i, v := range z {
		mid[i] = float32(1-share)*v + float32(share)*other[i]
	}
	return mid
}
