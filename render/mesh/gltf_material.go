package mesh

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"math"

	"github.com/qmuntal/gltf"
	"github.com/qmuntal/gltf/ext/texturetransform"
	"github.com/qmuntal/gltf/ext/unlit"
)

// material reads a material.
func (f *file) material(i int) (material, error) {
	m := material{base: [4]float32{1, 1, 1, 1}}
	g := f.Materials[i]
	if g == nil {
		return m, errors.New("is null")
	}
	if p := g.PBRMetallicRoughness; p != nil {
		for k, v := range p.BaseColorFactorOrDefault() {
			m.base[k] = float32(v)
		}
	}
	for k, v := range g.EmissiveFactor {
		m.emissive[k] = float32(v)
	}
	for use, info := range f.textureInfos(i) {
		if info == nil {
			continue
		}
		t, err := f.texture(info.Index)
		if err != nil {
			return m, err
		}
		m.textures[use] = t
	}
	switch g.AlphaMode {
	case gltf.AlphaMask:
		m.alpha, m.cutoff = masked, float32(g.AlphaCutoffOrDefault())
	case gltf.AlphaBlend:
		m.alpha = blended
	}
	m.doubleSided = g.DoubleSided
	_, m.unlit = g.Extensions[unlit.ExtensionName]
	return m, nil
}

// textureInfos are what a material of the file says of its textures; nil for none.
func (f *file) textureInfos(i int) (infos [textureUses]*gltf.TextureInfo) {
	if i >= len(f.Materials) {
		return infos
	}
	if p := f.Materials[i].PBRMetallicRoughness; p != nil {
		infos[baseTexture] = p.BaseColorTexture
	}
	infos[emissiveTexture] = f.Materials[i].EmissiveTexture
	return infos
}

// coordinates is the point of the texture at each vertex; nil for none.
func (f *file) coordinates(p *gltf.Primitive, info *gltf.TextureInfo, count int) (func(i int) [2]float32, error) {
	if info == nil {
		return nil, nil
	}
	set := info.TexCoord
	move, _ := info.Extensions[texturetransform.ExtensionName].(*texturetransform.TextureTranform)
	if move != nil && move.TexCoord != nil {
		set = *move.TexCoord
	}
	uv, err := f.attribute(p.Attributes, fmt.Sprintf("TEXCOORD_%d", set), count, gltf.AccessorVec2)
	if err != nil || uv == nil {
		return nil, err
	}
	at := func(i int) [2]float32 { return [2]float32(uv.numbers[2*i:]) }
	if move == nil {
		return at, nil
	}
	sin, cos := math.Sincos(move.Rotation)
	scale := move.ScaleOrDefault()
	return func(i int) [2]float32 {
		p := at(i)
		u, v := float64(p[0])*scale[0], float64(p[1])*scale[1]
		return [2]float32{float32(cos*u + sin*v + move.Offset[0]), float32(-sin*u + cos*v + move.Offset[1])}
	}, nil
}

// texture makes a texture, once. One whose image is not there, or of a kind that is not known, is white, with a warning.
func (f *file) texture(i int) (*texture, error) {
	if t, ok := f.textures[i]; ok {
		return t, nil
	}
	if i < 0 || i >= len(f.Textures) || f.Textures[i] == nil {
		return nil, fmt.Errorf("there is no textures[%d]", i)
	}
	g := f.Textures[i]
	s, err := f.sampler(g.Sampler)
	if err != nil {
		return nil, fmt.Errorf("textures[%d]: %w", i, err)
	}
	var t *texture
	if g.Source == nil {
		err = errors.New("has no image of a known kind")
	} else if t, err = f.picture(filtered{*g.Source, s}); err != nil {
		err = fmt.Errorf("images[%d]: %w", *g.Source, err)
	}
	if err != nil {
		f.white = append(f.white, fmt.Sprintf("textures[%d]: %v", i, err))
	}
	f.textures[i] = t
	return t, nil
}

// filtered is what textures have in common that look the same.
type filtered struct {
	image   int
	sampler sampler
}

// picture decodes an image, and makes its texture, once.
func (f *file) picture(p filtered) (*texture, error) {
	if t, ok := f.pictures[p]; ok {
		return t, nil
	}
	if err := f.images[p.image]; err != nil {
		return nil, err
	}
	m, err := f.image(p.image)
	f.images[p.image] = err
	if err != nil {
		return nil, err
	}
	t := newTexture(m, p.sampler)
	f.pictures[p] = t
	return t, nil
}

// sampler reads a sampler, or gives what is taken without.
func (f *file) sampler(i *int) (sampler, error) {
	s := sampler{mipmaps: true}
	if i == nil {
		return s, nil
	}
	if *i < 0 || *i >= len(f.Samplers) || f.Samplers[*i] == nil {
		return s, fmt.Errorf("there is no samplers[%d]", *i)
	}
	g := f.Samplers[*i]
	for k, w := range [2]gltf.WrappingMode{g.WrapS, g.WrapT} {
		switch w {
		case gltf.WrapClampToEdge:
			s.wrap[k] = clamp
		case gltf.WrapMirroredRepeat:
			s.wrap[k] = mirror
		}
	}
	s.magNearest = g.MagFilter == gltf.MagNearest
	switch g.MinFilter {
	case gltf.MinNearest:
		s.minNearest, s.mipmaps = true, false
	case gltf.MinLinear:
		s.mipmaps = false
	case gltf.MinNearestMipMapNearest:
		s.minNearest, s.nearestLevel = true, true
	case gltf.MinLinearMipMapNearest:
		s.nearestLevel = true
	case gltf.MinNearestMipMapLinear:
		s.minNearest = true
	}
	return s, nil
}

// maxTexels bounds the size of an image, and of all of them together, as a small file may have many large ones. To these
// come some for each byte of the files, more than photographs have.
const (
	maxTexels  = 1 << 26
	byteTexels = 32
)

// image decodes an image: from a buffer, from the JSON, or from a file.
func (f *file) image(i int) (image.Image, error) {
	if i < 0 || i >= len(f.Images) || f.Images[i] == nil {
		return nil, errors.New("is not there")
	}
	g := f.Images[i]
	var data []byte
	var err error
	if g.BufferView != nil {
		if v := *g.BufferView; v < 0 || v >= len(f.BufferViews) || f.BufferViews[v] == nil {
			return nil, fmt.Errorf("there is no bufferViews[%d]", v)
		}
		data, err = f.view(f.BufferViews[*g.BufferView])
	} else {
		data, err = f.resource(g.URI)
	}
	if err != nil {
		return nil, err
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, imageError(err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxTexels/c.Height {
		return nil, fmt.Errorf("has %d×%d pixels, at most %d are read", c.Width, c.Height, maxTexels)
	}
	n := int64(c.Width) * int64(c.Height)
	if n > f.texels {
		return nil, fmt.Errorf("has %d×%d pixels, and of the scene's at most %d more are read: make the images smaller", c.Width, c.Height, f.texels)
	}
	f.texels -= n
	m, _, err := image.Decode(bytes.NewReader(data))
	return m, imageError(err)
}

// imageError is what a decoder says, in words that help.
func imageError(err error) error {
	switch {
	case errors.Is(err, image.ErrFormat):
		return errors.New("is no image that can be read: want PNG or JPEG")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("is cut off: copy it again")
	}
	return err
}
