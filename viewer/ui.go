//go:build cgo && ((linux && amd64) || darwin || (windows && amd64))

package viewer

import (
	"os"
	"time"
	"unsafe"

	"github.com/AllenDang/cimgui-go/imgui"
	imgl "github.com/AllenDang/cimgui-go/impl/opengl3"
	"github.com/go-gl/glfw/v3.3/glfw"
	"golang.org/x/image/font/gofont/goregular"
)

// ui brings the events of a window to Dear ImGui, and its panels to the window.
//
// Panels are built anew only where an event may have changed them, and some times a second for their numbers; in
// between, what was built last is drawn again.
type ui struct {
	win   *window
	io    *imgui.IO
	data  *imgui.DrawData
	class *imgui.WindowClass // of the space for docked panels
	scale float32            // of fonts and paddings
	wants int                // builds that events since the last one ask for
	built time.Time

	cursor  imgui.MouseCursor
	cursors map[imgui.MouseCursor]*glfw.Cursor
}

const (
	settle    = 6                      // builds after an event: what a quick click opens is laid out and shown some builds later
	numbersAt = 100 * time.Millisecond // between builds without events
	fontSize  = 16                     // pixels, at a scale of 1
)

// newUI makes the panels' context for a window. layout is what [ui.layout] gave; "" where they have no places yet.
func newUI(win *window, layout string) *ui {
	imgui.CreateContext()
	u := &ui{win: win, io: imgui.CurrentIO(), class: imgui.NewWindowClass(), scale: 1, cursors: map[imgui.MouseCursor]*glfw.Cursor{}}
	u.io.SetIniFilename(os.DevNull) // its files are ours to read and write
	if layout != "" {
		imgui.LoadIniSettingsFromMemory(layout)
	}
	u.io.SetConfigFlags(imgui.ConfigFlagsDockingEnable)
	u.io.SetBackendFlags(u.io.BackendFlags() | imgui.BackendFlagsHasMouseCursors)
	imgui.CurrentPlatformIO().SetClipboardHandler(u)

	ttf := goregular.TTF
	config := imgui.NewFontConfig()
	config.SetFontDataOwnedByAtlas(false) // it is the program's
	u.io.Fonts().AddFontFromMemoryTTFV(uintptr(unsafe.Pointer(unsafe.SliceData(ttf))), int32(len(ttf)), fontSize, config, nil)

	style := imgui.CurrentStyle()
	imgui.StyleColorsDark()
	style.SetWindowRounding(4)
	style.SetFrameRounding(3)
	style.SetGrabRounding(3)
	style.SetPopupRounding(4)
	style.SetTabMinWidthShrink(40) // so that there is room for all
	style.SetFontSizeBase(fontSize)
	sx, _ := win.GetContentScale()
	u.setScale(sx)

	imgl.InitV("#version 330")
	for cursor, shape := range map[imgui.MouseCursor]glfw.StandardCursor{
		imgui.MouseCursorTextInput: glfw.IBeamCursor, imgui.MouseCursorHand: glfw.HandCursor,
		imgui.MouseCursorResizeEW: glfw.HResizeCursor, imgui.MouseCursorResizeNS: glfw.VResizeCursor,
	} {
		u.cursors[cursor] = glfw.CreateStandardCursor(shape)
	}
	u.want()
	return u
}

// setScale makes everything as large as the monitor asks for.
func (u *ui) setScale(scale float32) {
	if !(scale > 0.1) || scale == u.scale {
		return
	}
	style := imgui.CurrentStyle()
	style.ScaleAllSizes(scale / u.scale)
	style.SetFontScaleDpi(scale)
	u.scale = scale
	u.want()
}

// layout is where the panels are.
func (u *ui) layout() string { return imgui.SaveIniSettingsToMemory() }

func (u *ui) close() {
	for _, c := range u.cursors {
		c.Destroy()
	}
	imgl.Shutdown()
	imgui.DestroyContext()
}

// GetClipboard implements [imgui.ClipboardHandler].
func (u *ui) GetClipboard() string { return glfw.GetClipboardString() }

// SetClipboard implements [imgui.ClipboardHandler].
func (u *ui) SetClipboard(text string) { glfw.SetClipboardString(text) }

// want has the panels built anew after something that they show has changed.
func (u *ui) want() { u.wants = max(u.wants, settle) }

// feed tells the panels of an event.
func (u *ui) feed(e *event) {
	u.want()
	if e.isKey() {
		u.wants++ // of many keys, a build takes one or two
	}
	switch e.kind {
	case moved:
		u.io.AddMousePosEvent(float32(e.x), float32(e.y))
	case away:
		u.io.AddMousePosEvent(-1e6, -1e6)
	case buttoned:
		if e.button < 3 {
			// Left, right and middle have the same numbers in both.
			u.io.AddMouseButtonEvent(int32(e.button), e.down)
		}
	case wheeled:
		u.io.AddMouseWheelEvent(float32(e.x), float32(e.y))
	case typed:
		u.io.AddInputCharacter(uint32(e.char))
	case keyed:
		u.io.AddKeyEvent(imgui.ModCtrl, e.mods&glfw.ModControl != 0)
		u.io.AddKeyEvent(imgui.ModShift, e.mods&glfw.ModShift != 0)
		u.io.AddKeyEvent(imgui.ModAlt, e.mods&glfw.ModAlt != 0)
		if k := panelKey(e.key); k != imgui.KeyNone {
			u.io.AddKeyEvent(k, e.down)
		}
	case focused:
		u.io.AddFocusEvent(e.down)
	}
}

// panelKey is the panels' name of a key that they know.
func panelKey(k glfw.Key) imgui.Key {
	switch {
	case k >= glfw.KeyA && k <= glfw.KeyZ:
		return imgui.KeyA + imgui.Key(k-glfw.KeyA)
	case k >= glfw.Key0 && k <= glfw.Key9:
		return imgui.Key0 + imgui.Key(k-glfw.Key0)
	}
	return panelKeys[k]
}

var panelKeys = map[glfw.Key]imgui.Key{
	glfw.KeyTab: imgui.KeyTab, glfw.KeyLeft: imgui.KeyLeftArrow, glfw.KeyRight: imgui.KeyRightArrow,
	glfw.KeyUp: imgui.KeyUpArrow, glfw.KeyDown: imgui.KeyDownArrow, glfw.KeyPageUp: imgui.KeyPageUp,
	glfw.KeyPageDown: imgui.KeyPageDown, glfw.KeyHome: imgui.KeyHome, glfw.KeyEnd: imgui.KeyEnd,
	glfw.KeyDelete: imgui.KeyDelete, glfw.KeyBackspace: imgui.KeyBackspace, glfw.KeyEnter: imgui.KeyEnter,
	glfw.KeyKPEnter: imgui.KeyKeypadEnter, glfw.KeyEscape: imgui.KeyEscape, glfw.KeySpace: imgui.KeySpace,
	glfw.KeyMinus: imgui.KeyMinus, glfw.KeyPeriod: imgui.KeyPeriod, glfw.KeyInsert: imgui.KeyInsert,
	glfw.KeyLeftControl: imgui.KeyLeftCtrl, glfw.KeyRightControl: imgui.KeyRightCtrl,
	glfw.KeyLeftShift: imgui.KeyLeftShift, glfw.KeyRightShift: imgui.KeyRightShift,
	glfw.KeyLeftAlt: imgui.KeyLeftAlt, glfw.KeyRightAlt: imgui.KeyRightAlt,
}

// due says whether the panels should be built before the next frame.
func (u *ui) due(now time.Time) bool { return u.wants > 0 || now.Sub(u.built) >= numbersAt }

// build calls panels, which lays them out.
func (u *ui) build(now time.Time, panels func()) {
	w, h := u.win.GetSize()
	fw, fh := u.win.width, u.win.height
	// Of a window that another program has destroyed, before that is noticed, the size is what memory held by chance.
	const largest = 1 << 15
	if w <= 0 || h <= 0 || w > largest || h > largest {
		return
	}
	u.io.SetDisplaySize(imgui.Vec2{X: float32(w), Y: float32(h)})
	u.io.SetDisplayFramebufferScale(imgui.Vec2{X: float32(fw) / float32(w), Y: float32(fh) / float32(h)})
	dt := float32(1. / 60)
	if !u.built.IsZero() {
		dt = min(max(float32(now.Sub(u.built).Seconds()), 1e-4), 0.1)
	}
	u.io.SetDeltaTime(dt)
	u.built = now
	u.wants = max(u.wants-1, 0)
	imgl.NewFrame()
	imgui.NewFrame()
	panels()
	imgui.Render()
	u.data = imgui.CurrentDrawData()
	if c := imgui.CurrentMouseCursor(); c != u.cursor {
		u.cursor = c
		u.win.SetCursor(u.cursors[c])
	}
}

// draw draws what was built last.
func (u *ui) draw() {
	if u.data != nil {
		imgl.RenderDrawData(u.data)
	}
}

// An event is what happened to the window.
type event struct {
	kind   eventKind
	x, y   float64 // of moved: where, in screen units; of wheeled: steps
	button glfw.MouseButton
	key    glfw.Key
	mods   glfw.ModifierKey
	down   bool
	repeat bool
	char   rune
	files  []string
}

func (e *event) isKey() bool { return e.kind == keyed || e.kind == typed }

type eventKind int

const (
	moved eventKind = iota
	away            // the pointer left the window
	buttoned
	wheeled
	keyed
	typed
	focused
	dropped
	resized
)

// listen puts the window's events into a list.
func (w *window) listen(events *[]event) {
	add := func(e event) { *events = append(*events, e) }
	w.SetCursorPosCallback(func(_ *glfw.Window, x, y float64) {
		// Only the last of several moves counts.
		if n := len(*events); n > 0 && (*events)[n-1].kind == moved {
			*events = (*events)[:n-1]
		}
		add(event{kind: moved, x: x, y: y})
	})
	w.SetCursorEnterCallback(func(_ *glfw.Window, entered bool) {
		if !entered {
			add(event{kind: away})
		}
	})
	w.SetMouseButtonCallback(func(_ *glfw.Window, b glfw.MouseButton, a glfw.Action, m glfw.ModifierKey) {
		add(event{kind: buttoned, button: b, down: a == glfw.Press, mods: m})
	})
	w.SetScrollCallback(func(_ *glfw.Window, x, y float64) { add(event{kind: wheeled, x: x, y: y}) })
	w.SetKeyCallback(func(_ *glfw.Window, k glfw.Key, _ int, a glfw.Action, m glfw.ModifierKey) {
		// The modifiers of X11 are those from before the key.
		down := a != glfw.Release
		for _, p := range []struct {
			l, r glfw.Key
			mod  glfw.ModifierKey
		}{{glfw.KeyLeftShift, glfw.KeyRightShift, glfw.ModShift}, {glfw.KeyLeftControl, glfw.KeyRightControl, glfw.ModControl}, {glfw.KeyLeftAlt, glfw.KeyRightAlt, glfw.ModAlt}} {
			if k == p.l || k == p.r {
				if m &^= p.mod; down {
					m |= p.mod
				}
			}
		}
		add(event{kind: keyed, key: k, down: down, repeat: a == glfw.Repeat, mods: m})
	})
	w.SetCharCallback(func(_ *glfw.Window, c rune) { add(event{kind: typed, char: c}) })
	w.SetFocusCallback(func(_ *glfw.Window, f bool) { add(event{kind: focused, down: f}) })
	w.SetDropCallback(func(_ *glfw.Window, files []string) { add(event{kind: dropped, files: files}) })
	w.SetFramebufferSizeCallback(func(_ *glfw.Window, width, height int) {
		w.width, w.height = width, height
		add(event{kind: resized})
	})
	w.SetRefreshCallback(func(*glfw.Window) { add(event{kind: resized}) })
	w.SetContentScaleCallback(func(*glfw.Window, float32, float32) { add(event{kind: resized}) })
}
