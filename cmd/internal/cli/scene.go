package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"lfnview/assets"
	"lfnview/lfn"
	"lfnview/plucker"
	"lfnview/train/dataset"
)

// OpenModel opens the model that the arguments name, or the default scene where there is none.
func OpenModel(args []string) (m *lfn.Model, name string, err error) {
	if len(args) == 0 {
		m, err = assets.Scene()
		return m, "the default scene", err
	}
	m, err = lfn.Open(args[0])
	return m, args[0], err
}

// BuiltIn is the name of the built-in scene, which is a data set: see [OpenData].
const BuiltIn = "procedural"

// procedural says whether DATA names the built-in scene: procedural or procedural:SIZE, where nothing on
// disk has that name.
func procedural(data string) (o dataset.RenderOptions, ok bool, err error) {
	name, side, sized := strings.Cut(data, ":")
	if name != BuiltIn {
		return o, false, nil
	}
	if _, err := os.Stat(data); err == nil {
		return o, false, nil
	}
	if sized {
		if o.Size, err = strconv.Atoi(side); err == nil {
			err = plucker.CheckSize(o.Size, o.Size)
		}
		if err != nil || o.Size > 1024 {
			return o, true, Usagef("%s: want %s:SIZE with a size in pixels, 1 to 1024, as %s:128", data, BuiltIn, BuiltIn)
		}
	}
	return o, true, nil
}

// IsBuiltIn says whether DATA names the built-in scene, whatever the size.
func IsBuiltIn(data string) bool {
	_, ok, _ := procedural(data)
	return ok
}

// OpenAndTell opens the data set that DATA names, as OpenData does, and says on stderr what is in it.
func OpenAndTell(cmd *cobra.Command, data string, o dataset.Options) (*dataset.Set, error) {
	set, err := OpenData(cmd.Context(), data, o)
	if err != nil {
		return nil, err
	}
	w := cmd.ErrOrStderr()
	for _, warning := range set.Warnings {
		fmt.Fprintf(w, "warning: %s\n", Line(warning))
	}
	trained, held := set.Split(dataset.Train), set.Split(dataset.Test)
	if len(trained) > 0 {
		c := &set.Views[trained[0]].Camera
		seen := fmt.Sprintf("%d training views", len(trained))
		if set.Fresh != nil {
			seen = "ever new training views"
		}
		fmt.Fprintf(w, "%s: %s, %d held out, %d×%d pixels\n", data, seen, len(held), c.Width, c.Height)
	}
	return set, nil
}

// OpenData opens the data set that DATA names: one on disk, or the built-in scene, procedural or procedural:SIZE.
func OpenData(ctx context.Context, data string, o dataset.Options) (*dataset.Set, error) {
	p, ok, err := procedural(data)
	if err != nil {
		return nil, err
	}
	if !ok {
		return openPhotographs(ctx, data, o)
	}
	if o.Scale > 1 || o.MaxSize > 0 {
		return nil, Usagef("%s: give its size as %s:64, not by --scale or --max-size", data, BuiltIn)
	}
	if o.Format != "" {
		return nil, noFormat(data)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	p.Depth = o.Depth
	made := make(chan *dataset.Set, 1)
	go func() { made <- dataset.Procedural(p) }() // it takes a while where the pictures are large
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case set := <-made:
		set.Path = data
		return set, nil
	}
}

// openPhotographs opens a data set on disk, and refuses a scale that leaves nothing of its pictures.
func openPhotographs(ctx context.Context, data string, o dataset.Options) (*dataset.Set, error) {
	set, err := dataset.Open(ctx, data, o)
	if err != nil || o.Scale <= 1 {
		return set, err
	}
	for _, v := range set.Views {
		if v.Camera.Width > 1 || v.Camera.Height > 1 {
			return set, nil
		}
	}
	return nil, fmt.Errorf("%s: --scale %d leaves one pixel of a photograph: take less", data, o.Scale)
}

func noFormat(data string) error {
	return Usagef("%s: is the built-in scene, and --format is for a data set on disk", data)
}

// PeekData is OpenData without the pixels, at full size; format is the layout, or "" to find it by looking.
func PeekData(data, format string) (*dataset.Set, error) {
	p, ok, err := procedural(data)
	if err != nil {
		return nil, err
	}
	if !ok {
		return dataset.Peek(data, dataset.Options{Format: format})
	}
	if format != "" {
		return nil, noFormat(data)
	}
	p.Samples = 1
	set := dataset.Procedural(p)
	set.Path = data
	return set, nil
}

// PickCamera finds the camera that DATA:SPLIT:INDEX names, such as data/lego:test:0, where format is the layout of DATA,
// or "", and with it the photograph's name. Without DATA it is one of the cameras that the model remembers.
func PickCamera(m *lfn.Model, text, format string) (lfn.View, error) {
	var none lfn.View
	rest, index, ok1 := cutLast(text)
	data, split, ok2 := cutLast(rest)
	if !ok2 {
		data, split = "", rest
	}
	i, err := strconv.Atoi(index)
	if !ok1 || err != nil || i < 0 || split != "train" && split != "test" {
		return none, Usagef("--camera %s: want DATA:SPLIT:INDEX, as data/lego:test:0, or SPLIT:INDEX for a camera of the model", text)
	}
	var cams []lfn.View
	where := "the model"
	if data == "" {
		if format != "" {
			return none, Usagef("--camera %s: is one of the model's, and --format is for DATA:SPLIT:INDEX", text)
		}
		for _, v := range m.Cameras {
			if v.Split == split {
				cams = append(cams, v)
			}
		}
	} else {
		where = data
		set, err := PeekData(data, format)
		if err != nil {
			return none, err
		}
		for _, v := range set.Views {
			if v.Split.String() == split {
				cams = append(cams, lfn.View{Name: v.Name, Split: split, Camera: v.Camera})
			}
		}
	}
	if len(cams) == 0 {
		return none, fmt.Errorf("camera %s: %s has no %s cameras", text, where, split)
	}
	if i >= len(cams) {
		return none, fmt.Errorf("camera %s: %s has %d %s cameras, want an index from 0 to %d", text, where, len(cams), split, len(cams)-1)
	}
	return cams[i], nil
}

// cutLast cuts text at its last colon.
func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}
