//go:build cgo && linux

package gpu

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/shaders"
)

// Weights are the tensors of a network in the form in which a [Canvas] takes them.
type Weights struct {
	config   lfn.Config
	variant  shaders.Variant
	scene    plucker.Frame
	buffer   []byte
	surfaces []byte // for the program that tells geometry
	textures *shaders.Textures
}

// Prepare makes the weights of a model ready for a canvas whose [Canvas.Variant] is v, in any goroutine; the model must
// not change meanwhile. The shader skips what the network's occupancy says is empty, so that has to hold for the grids
// as they are. The error says which number is not finite.
func Prepare(m *lfn.Model, v shaders.Variant) (*Weights, error) {
	if !v.Valid(m.Network.Config) {
		return nil, fmt.Errorf("gpu: the network has no shader %s", v)
	}
	ts, err := shaders.NewTextures(m.Network)
	if err != nil {
		return nil, err
	}
	return &Weights{m.Network.Config, v, m.Scene, shaders.Weights(m.Network, v), shaders.GeometryWeights(m.Network, v), ts}, nil
}

// Update sends other weights to the program that is there, and begins the picture once more. It does not wait, nor
// compare with the CPU as [Canvas.Load] does. The error is that the program is for a network of another configuration,
// or another variant, than the weights are: the former stay, and the model needs Load.
func (c *Canvas) Update(w *Weights) error {
	switch {
	case c.program == nil:
		return errors.New("gpu: weights for a canvas without a model")
	case !reflect.DeepEqual(w.config, c.config):
		return fmt.Errorf("gpu: weights of a network %+v, the program is for %+v", w.config, c.config)
	case w.variant != c.Variant():
		return fmt.Errorf("gpu: weights for shader %s, the program is %s", w.variant, c.Variant())
	}
	send := func(p *program, buffer []byte) {
		gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, p.weights)
		gl.BufferSubData(gl.SHADER_STORAGE_BUFFER, 0, len(buffer), gl.Ptr(buffer))
	}
	send(c.program, w.buffer)
	if c.surfaces != nil {
		send(c.surfaces, w.surfaces)
	}
	c.surfaceWeights = w.surfaces
	if err := c.textures.update(w.textures); err != nil {
		return err
	}
	c.scene = w.scene
	c.restart()
	return c.driver.check()
}
