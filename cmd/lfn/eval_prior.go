package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lfnview/cmd/internal/cli"
	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train"
	"lfnview/train/dataset"
	"lfnview/train/prior"
)

// Flags of lfn eval that are for priors, and those that are not.
var (
	ofPriors = []string{"input-view", "instances"}
	ofModels = []string{"samples", "device", "precision", "format", "baseline", "focus", "grid-fov", "baselines", "depth"}
)

// inputView is which view instances are reconstructed from: one number for all, or a file that says it of each.
type inputView struct {
	number int
	file   string // "" for the number
}

func (v *inputView) Type() string { return "NUMBER|FILE" }

func (v *inputView) String() string { return cmp.Or(v.file, strconv.Itoa(v.number)) }

func (v *inputView) Set(text string) error {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil && text != "":
		*v = inputView{file: text}
	case err != nil || n < 0:
		return errors.New("want the number of a view, from 0, or a file")
	default:
		*v = inputView{number: n}
	}
	return nil
}

// priorEvaluation is what lfn eval prints of a prior.
type priorEvaluation struct {
	singleShot
	InputView  *int                   `json:"input_view,omitempty"`  // where it is one for all
	InputViews string                 `json:"input_views,omitempty"` // else the file that says it of each
	Classes    map[string]prior.Score `json:"classes,omitempty"`     // where there are several
	ClassMean  prior.Score            `json:"class_mean,omitzero"`   // of these
	Baselines  struct {               // missing where no training photograph has the size of the views
		Nearest prior.Score `json:"nearest,omitzero"` // the training instance most like the input view
		Mean    prior.Score `json:"mean,omitzero"`    // the mean training photograph
	} `json:"baselines"`
}

// runPrior evaluates a prior on the instances in dir.
func (f *evalFlags) runPrior(cmd *cobra.Command, name, dir string) error {
	for _, flag := range ofModels {
		if cmd.Flags().Changed(flag) {
			return cli.Usagef("--%s: is for a model, and %s is a prior", flag, name)
		}
	}
	p, err := lfn.OpenPrior(name)
	if err != nil {
		return err
	}
	class, err := cli.OpenClass(cmd, dir, 8)
	if err != nil {
		return err
	}
	split := dataset.Test
	if f.split.Value == dataset.Train.String() {
		split = dataset.Train
	}
	instances := class.Split(split)
	if len(instances) == 0 {
		return fmt.Errorf("eval %s: there is no %s instance: try the other --split", dir, split)
	}
	if f.instances > 0 {
		instances = train.Spread(instances, int(f.instances))
	}
	var list *dataset.ViewList
	if f.input.file != "" {
		if list, err = dataset.OpenViewList(f.input.file); err != nil {
			return err
		}
		if err := list.Covers(class, instances); err != nil {
			return err
		}
		if n, first := list.Strangers(class); n > 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "note: %s: says the view of %s that %s has not, such as %s\n", f.input.file, counted(n, "instance"), dir, cli.Line(first))
		}
	}
	if f.images != "" {
		if err := os.MkdirAll(f.images, 0o777); err != nil {
			return fmt.Errorf("eval: %w", err)
		}
	}
	notes, err := foreign(p, class, instances[0])
	if err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %s: %s\n", dir, note)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	line := func(name string, s scores) {
		fmt.Fprintf(w, "%s\t%s\tnearest %s\tmean %s\n", name, quality(s.own.PSNRdB, s.own.SSIM),
			quality(s.nearest.PSNRdB, s.nearest.SSIM), quality(s.mean.PSNRdB, s.mean.SSIM))
	}
	results, err := prior.Evaluate(cmd.Context(), p, class, instances, prior.EvaluateOptions{
		Input: f.input.number, Inputs: list, View: f.data.Options(), Baselines: true,
		Each: func(r prior.InstanceResult) error {
			if !f.json {
				line(r.Name, scoresOf(r))
			}
			if f.images == "" {
				return nil
			}
			data, err := prior.InstancesPNG([]prior.InstanceResult{r})
			if err != nil {
				return err
			}
			return lfn.WriteFile(filepath.Join(f.images, pictureName(r.Name)), func(w io.Writer) error { _, err := w.Write(data); return err })
		}})
	if err != nil {
		return err
	}
	if taken := mistaken(p, results); len(taken) > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: %d of %s are taken for another class, such as %s for %s\n", len(taken), counted(len(results), "instance"), taken[0].Name, taken[0].TakenFor)
	}
	e := priorEvaluation{singleShot: *newSingleShot(results), InputViews: f.input.file}
	if list == nil {
		e.InputView = &f.input.number
	}
	classes := classScores(results)
	names := slices.Sorted(maps.Keys(classes))
	var ofClasses scores
	if len(names) > 0 {
		e.Classes = map[string]prior.Score{}
		for _, name := range names {
			e.Classes[name] = classes[name].own
		}
		ofClasses = meanScores(names, func(name string) scores { return classes[name] })
	}
	all := meanScores(results, scoresOf)
	e.ClassMean, e.Baselines.Nearest, e.Baselines.Mean = ofClasses.own, all.nearest, all.mean
	if f.json {
		for _, s := range []*prior.Score{&e.Baselines.Nearest, &e.Baselines.Mean} {
			if math.IsNaN(s.PSNRdB) {
				*s = prior.Score{}
			}
		}
		return cli.PrintJSON(cmd.OutOrStdout(), e)
	}
	for _, name := range names {
		line("mean of "+name, classes[name])
	}
	if n := len(names); n > 0 {
		line(fmt.Sprintf("mean of %d classes", n), ofClasses)
	}
	line(fmt.Sprintf("mean of %d instances", len(results)), all)
	return w.Flush()
}

// foreign says in what a class, by its names and by the cameras of one instance, is not that which a prior learned from.
func foreign(p *lfn.Prior, class *dataset.Class, instance int) (notes []string, err error) {
	learned := map[string]bool{} // by the last of the name: the folder may have been another of those on the way
	for _, i := range p.Instances {
		learned[path.Base(i.Name)] = true
	}
	own := class.Split(dataset.Train)
	if len(own) > 0 && !slices.ContainsFunc(own, func(i int) bool { return learned[path.Base(class.Instances[i].Name)] }) {
		notes = append(notes, "the prior learned from none of its training instances, which nearest and mean are of")
	}
	one, err := class.Peek(instance, dataset.Options{})
	if err != nil {
		return nil, err
	}
	const near, far = 1 / 1.5, 1.5
	note := ""
	for i := range p.Classes {
		c := &p.Classes[i]
		dist := 0.0
		for i := range one.Views {
			dist += render.OrbitAt(c.Scene, one.Views[i].Camera.Pose.Pos).Dist / float64(len(one.Views))
		}
		of := prior.Lookout(c).Dist
		if of <= 1 || dist >= near*of && dist <= far*of { // in the scene, as in rooms, cameras stand anywhere
			return notes, nil
		}
		note = fmt.Sprintf("cameras stand at %.3g, those of the prior at %.3g: what is nearer or farther than it learned is told badly", dist*c.Scene.Radius, of*c.Scene.Radius)
	}
	return append(notes, note), nil
}

// mistaken are the results of which the class was not found, where the prior has it.
func mistaken(p *lfn.Prior, results []prior.InstanceResult) (taken []prior.InstanceResult) {
	for _, r := range results {
		if own := p.Classes[p.ClassNamed(r.Class)].Name; r.TakenFor != "" && own == r.Class && own != r.TakenFor {
			taken = append(taken, r)
		}
	}
	return taken
}

// scores are those of a prior, and of the baselines.
type scores struct{ own, nearest, mean prior.Score }

func scoresOf(r prior.InstanceResult) scores { return scores{r.Score(), r.Nearest, r.Mean} }

// meanScores are the means of each of the scores of some things.
func meanScores[T any](things []T, of func(T) scores) scores {
	return scores{
		prior.MeanScore(things, func(x T) prior.Score { return of(x).own }),
		prior.MeanScore(things, func(x T) prior.Score { return of(x).nearest }),
		prior.MeanScore(things, func(x T) prior.Score { return of(x).mean }),
	}
}

// classScores are the means over each class; nil where there is one.
func classScores(results []prior.InstanceResult) map[string]scores {
	of := map[string][]prior.InstanceResult{}
	for _, r := range results {
		of[r.Class] = append(of[r.Class], r)
	}
	if len(of) < 2 {
		return nil
	}
	means := map[string]scores{}
	for class, rs := range of {
		means[class] = meanScores(rs, scoresOf)
	}
	return means
}
