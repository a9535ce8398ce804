//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import "fmt"

// displayLost saves what there is when the display has gone away.
func (a *app) displayLost() {
	a.messages.hidden = true
	a.path.rescue(a)
	err := a.live.stop(a)
	if a.DisplayLost != nil {
		a.DisplayLost(err)
	}
}

// displayFailed notes an error of the display, on whatever thread.
func (a *app) displayFailed(text string) {
	fmt.Fprintln(&a.messages.log, text)
	a.doubt.Store(true)
}

// end saves what is to be kept.
func (a *app) end() error {
	a.messages.hidden = true // there will be no more frames
	err := a.live.stop(a)
	a.film.stop()
	a.path.rescue(a)
	if saveErr := a.saveSettings(); saveErr != nil {
		a.warn("%v", saveErr)
	}
	return err
}

func (a *app) saveSettings() error {
	if a.Config == "" || a.win == nil {
		return nil
	}
	if !a.gone && a.win.GetMonitor() == nil {
		w, h := a.win.unscaled()
		a.settings.Size = [2]int{max(w, 64), max(h, 64)}
	}
	if !a.NoUI {
		a.settings.Panels = a.panels
	}
	if err := a.settings.save(a.Config, a.marked); err != nil {
		return err
	}
	clear(a.marked)
	if a.NoUI {
		return nil
	}
	return saveLayout(a.Config, a.ui.layout())
}
