package prior

import (
	"context"
	"fmt"
	"math"

	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/render"
	"lfnview/train/dataset"
)

// EvaluateOptions say what is evaluated.
type EvaluateOptions struct {
	ReconstructOptions
	Input  int               // the view that each instance is reconstructed from
	Inputs *dataset.ViewList // where it is not nil: which of each, instead of Input
	View   dataset.Options   // at which size photographs are read

	Baselines bool // say too how well the training photographs tell the views, see [InstanceResult]

	// Each, where it is not nil, is called with each result in turn, its pictures valid until it returns.
	Each func(InstanceResult) error
}

// InstanceResult is how well the views of one unseen instance came out.
type InstanceResult struct {
	Name        string  `json:"name"`
	Class       string  `json:"class,omitempty"`
	InputView   int     `json:"input_view"`          // that it was reconstructed from; −1 for none
	InputPSNRdB float64 `json:"input_psnr_db"`       // of that view
	TakenFor    string  `json:"taken_for,omitempty"` // the class that it was found to be of, where the prior has several
	PSNRdB      float64 `json:"psnr_db"`             // mean over all other views
	SSIM        float64 `json:"ssim"`

	// Without a prior: of the training instance that is most like the input view, and of the mean training photograph.
	Nearest, Mean Score `json:"-"`

	Latent  lfn.Latent      `json:"-"`
	Views   []dataset.View  `json:"-"`
	Renders []*render.Image `json:"-"` // of all views
}

// Score is that of the views which the instance was not reconstructed from.
func (r InstanceResult) Score() Score { return Score{r.PSNRdB, r.SSIM} }

// Score is how well views came out: means of all of them.
type Score struct {
	PSNRdB float64 `json:"psnr_db"`
	SSIM   float64 `json:"ssim"`
}

// atOnce is how many instances are reconstructed together.
const atOnce = 16

// Evaluate does the paper's single-shot protocol (section 4.2): it reconstructs each instance from one view, and compares all
// of its other views with photographs.
func Evaluate(ctx context.Context, p *lfn.Prior, class *dataset.Class, instances []int, o EvaluateOptions) ([]InstanceResult, error) {
	var err error
	if o.ReconstructOptions, err = o.ReconstructOptions.withDefaults(); err != nil {
		return nil, fmt.Errorf("prior: evaluate: %w", err)
	}
	classes, err := o.classes(p)
	if err != nil {
		return nil, fmt.Errorf("prior: evaluate: %w", err)
	}
	o.Watch = nil
	f := newFinder(p, min(atOnce, len(instances)), o.ReconstructOptions)
	defer f.Close()
	var plain *baselines
	if o.Baselines {
		plain = newBaselines(p, class, o.View)
	}
	var results []InstanceResult
	for len(instances) > 0 {
		some := instances[:min(atOnce, len(instances))]
		instances = instances[len(some):]
		var seek []sought
		var views [][]dataset.View
		var inputs []int
		for _, i := range some {
			v, err := OpenInstance(class, i, o.View)
			if err != nil {
				return nil, err
			}
			input, err := o.input(class, i, len(v))
			if err != nil {
				return nil, fmt.Errorf("prior: evaluate: %w", err)
			}
			seek = append(seek, newSought(p, classes, v[input:input+1]))
			views = append(views, v)
			inputs = append(inputs, input)
		}
		found, err := f.find(ctx, seek)
		if err != nil {
			return nil, err
		}
		for k, i := range some {
			own := class.Instances[i]
			r := InstanceResult{Name: own.Name, Class: own.Class, InputView: inputs[k], Latent: found[k].z, Views: views[k]}
			if len(p.Classes) > 1 {
				r.TakenFor = p.Classes[found[k].class].Name
			}
			if err := r.measure(ctx, p, found[k].class); err != nil {
				return nil, err
			}
			if plain != nil {
				if r.Nearest, r.Mean, err = plain.score(i, r.Views, r.InputView); err != nil {
					return nil, err
				}
			}
			if o.Each != nil {
				if err := o.Each(r); err != nil {
					return nil, err
				}
			}
			r.Views, r.Renders = nil, nil
			results = append(results, r)
		}
	}
	return results, nil
}

// input is the view that an instance, by its number, is reconstructed from, of so many.
func (o *EvaluateOptions) input(class *dataset.Class, instance, views int) (int, error) {
	if o.Inputs != nil {
		return o.Inputs.View(class, instance, views)
	}
	if o.Input < 0 || o.Input >= views {
		return 0, fmt.Errorf("%s has %d views, want one with number %d to reconstruct from", class.Instances[instance].Name, views, o.Input)
	}
	return o.Input, nil
}

// OpenInstance opens an instance of a class, by its number, with all of its photographs.
func OpenInstance(class *dataset.Class, instance int, o dataset.Options) ([]dataset.View, error) {
	a, err := class.Peek(instance, o)
	if err != nil {
		return nil, err
	}
	return a.ReadAll()
}

// measure renders all views of the latent, of a class, and compares them with photographs.
func (r *InstanceResult) measure(ctx context.Context, p *lfn.Prior, class int) error {
	renderer := render.NewCPU(p.Hyper.Decode(r.Latent).Pack(), p.Classes[class].Scene)
	others := float64(len(r.Views))
	if r.InputView >= 0 {
		others--
	}
	for i := range r.Views {
		img, err := renderView(ctx, renderer, &r.Views[i].Camera)
		if err != nil {
			return err
		}
		r.Renders = append(r.Renders, img)
		s := score(photoOf(&r.Views[i], p.Background), img)
		if i == r.InputView {
			r.InputPSNRdB = s.PSNRdB
			continue
		}
		r.PSNRdB += s.PSNRdB / others
		r.SSIM += s.SSIM / others
	}
	return nil
}

// PSNRs are how well a model tells each of some photographs, in dB.
func PSNRs(ctx context.Context, m *lfn.Model, photographs []dataset.View) ([]float64, error) {
	renderer := render.NewCPU(m.Network.Pack(), m.Scene)
	psnrsDB := make([]float64, len(photographs))
	for i := range photographs {
		v := &photographs[i]
		img, err := renderView(ctx, renderer, &v.Camera)
		if err != nil {
			return nil, err
		}
		psnrsDB[i] = score(photoOf(v, m.Background), img).PSNRdB
	}
	return psnrsDB, nil
}

func renderView(ctx context.Context, r render.Renderer, c *plucker.Camera) (*render.Image, error) {
	img := new(render.Image)
	return img, r.Render(ctx, img, c, render.Options{})
}

func photoOf(v *dataset.View, background [3]float32) *render.Image {
	return render.FromRGBA(v.Pix, v.Camera.Width, v.Camera.Height, background)
}

const maxPSNRdB = 200 // stands for that of a perfect picture, which JSON cannot write

func score(photo, img *render.Image) Score {
	return Score{min(render.PSNR(photo, img), maxPSNRdB), render.SSIM(photo, img)}
}

// MeanScore takes the means of the scores of some things; NaN where there are none.
func MeanScore[T any](things []T, of func(T) Score) Score {
	var mean Score
	for _, x := range things {
		s := of(x)
		mean.PSNRdB += s.PSNRdB / float64(len(things))
		mean.SSIM += s.SSIM / float64(len(things))
	}
	if len(things) == 0 {
		return Score{math.NaN(), math.NaN()}
	}
	return mean
}
