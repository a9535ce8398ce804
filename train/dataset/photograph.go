package dataset

import (
	"errors"
	"fmt"
	"image"
	"math"
)

// PhotographOptions say how a photograph that is of no data set is opened. The zero value leaves it as it is.
type PhotographOptions struct {
	Cutout
	MaxSide    int        // pixels of its longer side, to which it is brought down where that is longer; 0 has no limit
	Background [3]float32 // sRGB, behind what is transparent

	// Width and Height are of a picture whose aspect it is to have; 0 for any. Its middle is taken, but where that would cut
	// what stands before the background, more background is put around it.
	Width, Height int
}

// A Photograph is an image that is of no data set.
type Photograph struct {
	Pix           []byte // as in [View]
	Width, Height int
	Notes         []string // what a user should be told, one line each
}

// OpenPhotograph reads one image file. It is transparent where the options say that there is background; one with nothing
// else is an error.
func OpenPhotograph(file string, o PhotographOptions) (*Photograph, error) {
	p, err := o.open(file)
	if err != nil {
		return nil, fmt.Errorf("dataset: open %s: %w", file, err)
	}
	return p, nil
}

func (o *PhotographOptions) open(file string) (*Photograph, error) {
	w, h, err := imageSize(file)
	if err != nil {
		return nil, err
	}
	full, notes, err := o.cut(file, w, h)
	if err != nil {
		return nil, err
	}
	p := o.shrink(full)
	if o.Width > 0 && !SameAspect(w, h, o.Width, o.Height) {
		if edge := p.Border(o.Background); edge != nil && Alike(*edge, o.Background) && o.cuts(p) {
			p = o.pad(full)
		} else {
			p = o.crop(full)
		}
	}
	p.Notes = append(p.Notes, notes...)
	for i := 3; i < len(p.Pix); i += 4 {
		if p.Pix[i] > 0 {
			return p, nil
		}
	}
	switch {
	case o.Mask != "":
		return nil, fmt.Errorf("mask %s leaves no object: want it white where the object is", o.Mask)
	case o.Color != nil:
		return nil, errors.New("all of it has nearly the colour of the background: want another colour")
	}
	return nil, errors.New("all of it is transparent: want an object in it")
}

// SameAspect says whether a picture of w×h pixels has the aspect of another, but for the rounding of sizes.
func SameAspect(w, h, otherW, otherH int) bool {
	const off = 0.02
	want := float64(w) * float64(otherH) / float64(otherW)
	return math.Abs(float64(h)-want) <= max(1, off*want)
}

// shrink brings a photograph down to the size that it may have.
func (o *PhotographOptions) shrink(m *image.NRGBA) *Photograph {
	w, h := Options{MaxSize: o.MaxSide}.size(m.Rect.Dx(), m.Rect.Dy())
	return &Photograph{Pix: shrink(m, w, h), Width: w, Height: h}
}

// middle is that of a picture of w×h pixels, as large as the aspect lets it be.
func (o *PhotographOptions) middle(w, h int) image.Rectangle {
	inW, inH := min(w, share(h, o.Width, o.Height)), min(h, share(w, o.Height, o.Width))
	at := image.Pt((w-inW)/2, (h-inH)/2)
	return image.Rectangle{at, at.Add(image.Pt(inW, inH))}
}

// cuts says whether there is more than background beside the middle of a photograph.
func (o *PhotographOptions) cuts(p *Photograph) bool {
	const blemish = 0.01 // of what is beside it
	in := o.middle(p.Width, p.Height)
	lost, other := 0, 0
	for i := range p.Width * p.Height {
		if (image.Point{i % p.Width, i / p.Width}).In(in) {
			continue
		}
		if lost++; !Alike(p.over(i, o.Background), o.Background) {
			other++
		}
	}
	return float64(other) > blemish*float64(lost)
}

// crop takes the middle of a photograph.
func (o *PhotographOptions) crop(m *image.NRGBA) *Photograph {
	in := o.middle(m.Rect.Dx(), m.Rect.Dy())
	p := o.shrink(m.SubImage(in).(*image.NRGBA))
	p.Notes = []string{fmt.Sprintf("%s: its middle, %d×%d, is taken", o.wanted(m), in.Dx(), in.Dy())}
	return p
}

func (o *PhotographOptions) wanted(m *image.NRGBA) string {
	return fmt.Sprintf("%d×%d pixels where the aspect of %d×%d is wanted", m.Rect.Dx(), m.Rect.Dy(), o.Width, o.Height)
}

// pad puts a photograph in the middle of a larger one of the aspect, transparent around it.
func (o *PhotographOptions) pad(m *image.NRGBA) *Photograph {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	outW, outH := max(w, share(h, o.Width, o.Height)), max(h, share(w, o.Height, o.Width))
	p := new(Photograph)
	p.Width, p.Height = Options{MaxSize: o.MaxSide}.size(outW, outH)
	p.Pix = make([]byte, 4*p.Width*p.Height)
	inW, inH := share(w, p.Width, outW), share(h, p.Height, outH)
	in := shrink(m, inW, inH)
	for y := range inH {
		at := (p.Height-inH)/2 + y
		copy(p.Pix[4*(at*p.Width+(p.Width-inW)/2):], in[4*y*inW:][:4*inW])
	}
	where := "above and below"
	if outW > w {
		where = "on both sides"
	}
	p.Notes = []string{fmt.Sprintf("%s: background is put %s", o.wanted(m), where)}
	return p
}
