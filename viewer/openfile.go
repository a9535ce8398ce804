//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lfnview/render"
	"lfnview/train/dataset"
)

// askFile has the panels ask for the name of a file. Their field gets the keys some builds later; those that come before
// are kept for it.
func (a *app) askFile() {
	if !a.NoUI {
		a.panels, a.openFocus, a.opening = true, true, 30
		a.ui.io.ClearEventsQueue() // of the keys that came with this one, which are kept as well
	}
}

// handOver gives the field what was typed before it got the keys.
func (a *app) handOver() {
	if a.opening == 0 {
		return
	}
	a.ui.want()
	if a.opening--; a.ui.io.WantTextInput() {
		for i := range a.later {
			a.ui.feed(&a.later[i])
		}
		a.opening = 0
	}
	if a.opening == 0 {
		a.later = a.later[:0]
	}
}

// number is a number of things.
func number(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// openAll opens what was dropped on the window.
func (a *app) openAll(files []string) {
	for _, file := range files {
		if err := a.openFile(file); err != nil {
			a.warn("%v", err)
		}
	}
}

// openFile opens a model, a prior, a data set or a camera path, or reconstructs what a photograph shows.
func (a *app) openFile(file string) error {
	st, err := os.Stat(file)
	switch {
	case err != nil:
		return errors.New(strings.TrimPrefix(err.Error(), "stat "))
	case dataset.IsPhotograph(file):
		if !a.prior.open() {
			return fmt.Errorf("%s: is a photograph: open a prior first, and what it shows is reconstructed", file)
		}
		a.prior.reconstruct(a, file)
		return nil
	case st.IsDir(), dataset.IsScene(file), strings.HasPrefix(filepath.Base(file), "transforms"):
		if a.model == nil {
			return fmt.Errorf("%s: open a model first", file)
		}
		if a.prior.open() {
			return fmt.Errorf("%s: a prior takes single photographs, not data sets", file)
		}
		a.photos.load(a, file)
		return nil
	case strings.EqualFold(filepath.Ext(file), ".json"):
		if a.model == nil {
			return fmt.Errorf("%s: open a model first", file)
		}
		path, err := render.LoadPath(file, a.model.Scene)
		if err != nil {
			return err
		}
		a.path.keep()
		a.path.load(a, *path, file)
		a.note("%s: a camera path of %s", file, number(len(path.Keys), "keyframe"))
		return nil
	}
	if a.live.running() {
		return fmt.Errorf("%s: close the training first", file)
	}
	go func() {
		m, p, err := Open(file)
		a.post(func() {
			switch {
			case err != nil:
			case p != nil:
				err = a.setPrior(p, m, file)
			default:
				err = a.setModel(m, file)
			}
			if err != nil {
				a.warn("%v", err)
				return
			}
			a.note("%s", file)
			a.event("model", map[string]any{"name": file})
		})
	}()
	return nil
}
