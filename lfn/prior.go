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

// Prior is what scenes of a class, or of several, have in common: a hypernetwork, the latents of the scenes that it was
// trained on, its instances, and what is needed to look at them. Its file, .prior, is a safetensors file with the tensors;
// the rest is JSON, under "lfn-prior" in the file's metadata.
type Prior struct {
	Hyper      *Hyper
	Classes    []Class // at least one
	Instances  []Instance
	Latents    []float32  // one after the other, in the order of Instances
	Background [3]float32 // sRGB in [0, 1], behind transparent pixels of the photographs
	Training   Training

	header
}

// Class is how large scenes of one class are, and how they were photographed.
type Class struct {
	Name    string        `json:"name,omitempty"` // that its instances have; of a single one, it may be missing
	Scene   plucker.Frame `json:"scene"`          // where the unit ball of every instance is in its world
	Cameras []View        `json:"cameras"`        // of one instance: from where, and by which lens
}

// Instance is one scene of a class.
type Instance struct {
	Name  string `json:"name"`            // its folder below the data set, with slashes
	Class string `json:"class,omitempty"` // where there are several
}

const (
	priorKey     = "lfn-prior" // of the file's metadata
	priorVersion = 2           // 1 had "scene" and "cameras" in the place of "classes"
	latentsName  = "latents"
)

// Latent is that of instance i. It aliases Latents.
func (p *Prior) Latent(i int) Latent {
	n := p.Hyper.Config.Latent
	return Latent(p.Latents[i*n : (i+1)*n : (i+1)*n])
}

// ClassNamed is the number of the class with a name; 0 where there is none.
func (p *Prior) ClassNamed(name string) int {
	return max(0, slices.IndexFunc(p.Classes, func(c Class) bool { return c.Name == name }))
}

// ClassOf is the number of the class of instance i.
func (p *Prior) ClassOf(i int) int { return p.ClassNamed(p.Instances[i].Class) }

// ClassNear is the number of the class of the instance whose latent is nearest to z.
func (p *Prior) ClassNear(z Latent) int { return p.ClassOf(p.Nearest(z, 1)[0]) }

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

// Model decodes a latent to a model of that scene, which is as large as those of a class: a plain one. It has no Training:
// that of the prior says nothing of one scene.
func (p *Prior) Model(z Latent, class int) *Model {
	c := &p.Classes[class]
	return &Model{Network: p.Hyper.Decode(z), Scene: c.Scene, Background: p.Background, Cameras: slices.Clone(c.Cameras)}
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
	fields, only := p.fields(&c), Class{}
	fields["scene"], fields["cameras"] = &only.Scene, &only.Cameras
	err = p.header.read(file, priorKey, priorVersion, fields, []string{"classes", "scene", "cameras", "training"}, func() error {
		if p.Classes == nil && only.Scene != (plucker.Frame{}) { // version 1
			p.Classes = []Class{only}
		}
		return p.validate(c)
	})
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
		"classes":    &p.Classes,
		"instances":  &p.Instances,
		"background": &p.Background,
		"training":   &p.Training,
	}
}

// validate says what is wrong with p, its tensors aside, naming the key. hyper is the shape of its hypernetwork.
func (p *Prior) validate(hyper HyperConfig) error {
	if err := hyper.Validate(); err != nil {
		return fmt.Errorf("hyper: %w", err)
	}
	if len(p.Classes) == 0 {
		return errors.New("classes has none, want how large scenes are")
	}
	known := map[string]bool{}
	for i, c := range p.Classes {
		if known[c.Name] {
			return fmt.Errorf("classes[%d]: there is another with the name %q", i, c.Name)
		}
		known[c.Name] = true
		if err := validateScene(c.Scene, p.Background, c.Cameras); err != nil {
			return fmt.Errorf("classes[%d]: %w", i, err)
		}
	}
	if len(p.Instances) == 0 {
		return errors.New("instances has none, want the scenes that the prior was trained on")
	}
	for i, x := range p.Instances {
		if x.Name == "" {
			return fmt.Errorf("instances[%d] has no name", i)
		}
		if len(p.Classes) > 1 && !known[x.Class] {
			return fmt.Errorf("instances[%d]: class is %q, which classes does not have", i, x.Class)
		}
	}
	return nil
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
