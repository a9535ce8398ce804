//go:build cgo && linux && amd64

package viewer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train/dataset"
	"lfnview/viewer/motion"
)

// newPriorApp opens a window on a small prior; photos are photographs of its first instance.
func newPriorApp(t testing.TB, o Options) (a *app, photos []string) {
	t.Helper()
	p, file, photos := smallPrior(t)
	a = newTestApp(t, o)
	a.settings.Samples = 1
	m := p.Model(p.Latent(0), 0)
	if err := a.setPrior(p, m, file); err != nil {
		t.Fatal(err)
	}
	a.settleDown(t)
	return a, photos
}

// shows says whether the window shows the network of a latent.
func (a *app) shows(z lfn.Latent) bool {
	want := a.prior.Hyper.Decode(z).Layers
	for i, l := range a.model.Network.Layers {
		if !slices.Equal(l.Weight, want[i].Weight) || !slices.Equal(l.Bias, want[i].Bias) {
			return false
		}
	}
	return true
}

// told says whether a message has a text.
func (a *app) told(text string) bool {
	return slices.ContainsFunc(a.messages.list, func(m message) bool { return strings.Contains(m.text, text) })
}

// TestPrior chooses, blends and changes scenes: what the window shows is what the latent decodes to, by either device, from
// the view that it had.
func TestPrior(t *testing.T) {
	for _, device := range []string{"cpu", "gpu"} {
		t.Run(device, func(t *testing.T) {
			a, _ := newPriorApp(t, Options{Device: device, NoUI: true, Size: [2]int{80, 80}})
			p, view := &a.prior, a.view
			settled := func() bool { return !p.decoding }
			p.choose(a, 1, false)
			if a.until(t, settled); !a.shows(p.Latent(1)) {
				t.Error("the instance that was chosen is not shown")
			}
			p.choose(a, 2, true)
			for _, share := range []float64{0.1, 0.2, 0.5, 1} { // faster than they are decoded
				p.blend(share)
				p.show(a)
			}
			if a.until(t, settled); !a.shows(p.z) || !slices.Equal(p.z, p.Latent(2)) {
				t.Error("at the end of a blend, its second end is not shown")
			}
			a.until(t, func() bool { return p.components != nil })
			p.push(p.components, 0, 1)
			p.show(a)
			if a.until(t, settled); !a.shows(p.z) || a.shows(p.Latent(2)) {
				t.Error("what was pushed along a component is not shown")
			}
			a.settleDown(t)
			got := a.pixels()
			if a.view != view {
				t.Errorf("the view has become %v, want %v", a.view, view)
			}

			t.Chdir(t.TempDir())
			a.save()
			a.save()
			for _, file := range []string{"figures.lfn", "figures-2.lfn"} {
				m, err := lfn.Open(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := a.setModel(m, file); err != nil {
					t.Fatal(err)
				}
				if a.prior.open() {
					t.Error("the prior stays open beside a model")
				}
				a.jump(view)
				a.settleDown(t)
				if share := differing(got, a.pixels(), 4); share > 0.01 {
					t.Errorf("%s differs in %.3f of its pixels from what was saved", file, share)
				}
			}
		})
	}
}

// TestPriorClasses: a scene of a class of another size is seen from where the one before was, in units of that size.
func TestPriorClasses(t *testing.T) {
	for _, device := range []string{"cpu", "gpu"} {
		t.Run(device, func(t *testing.T) {
			p, _, _ := smallPrior(t)
			small := p.Classes[0]
			large := lfn.Class{Name: "large", Scene: small.Scene}
			large.Scene.Radius *= 8
			large.Scene.Center[1] += 20
			for _, v := range small.Cameras { // as far off, in radii
				v.Pose.Pos = large.Scene.Center.Add(v.Pose.Pos.Sub(small.Scene.Center).Mul(8))
				large.Cameras = append(large.Cameras, v)
			}
			p.Classes = append(p.Classes, large)
			p.Instances[1].Class = "large"
			copy(p.Latent(1), p.Latent(0)) // so that both look the same
			a := newTestApp(t, Options{Device: device, NoUI: true, Size: [2]int{80, 80}})
			a.settings.Samples = 1
			if err := a.setPrior(p, p.Model(p.Latent(0), 0), "two classes"); err != nil {
				t.Fatal(err)
			}
			a.settleDown(t)
			first, want := a.view, a.pixels()
			show := func(name string, c *lfn.Class) {
				t.Helper()
				a.until(t, func() bool { return !a.prior.decoding })
				a.settleDown(t)
				if a.model.Scene != c.Scene || a.up != c.Scene.Up || len(a.photos.views) != len(c.Cameras) {
					t.Errorf("%s: frame %v, %d cameras, want those of its class", name, a.model.Scene, len(a.photos.views))
				}
				if v := motion.Carry(first, small.Scene, c.Scene); a.view.Pose.Pos.Sub(v.Pose.Pos).Len() > 1e-6 {
					t.Errorf("%s: seen from %v, want %v", name, a.view.Pose.Pos, v.Pose.Pos)
				}
				if share := differing(want, a.pixels(), 4); share > 0.01 {
					t.Errorf("%s: %.3f of its pixels differ from what was seen before", name, share)
				}
			}
			show("the first", &small)
			a.prior.choose(a, 1, false)
			show("one of another class", &large)
			a.prior.choose(a, 0, true)
			a.prior.blend(0.4)
			a.prior.show(a)
			show("near it", &large)
			a.prior.blend(0.6)
			a.prior.show(a)
			show("back", &small)
			photo := dataset.View{Pix: make([]byte, 4*16*16), Camera: small.Cameras[1].Camera}
			a.prior.photo, a.prior.photoClass = &photo, 0
			a.prior.blend(0.4)
			a.prior.show(a)
			show("one of another class than the photograph's", &large)
		})
	}
}

// TestThumbnails: those in sight are made, and no others.
func TestThumbnails(t *testing.T) {
	a, _ := newPriorApp(t, Options{Device: "cpu", Size: [2]int{500, 400}})
	p := &a.prior
	many := *p.Prior
	many.Instances = slices.Repeat(many.Instances, 1000)
	many.Latents = slices.Repeat(many.Latents, 1000)
	m := many.Model(many.Latent(0), 0)
	if err := a.setPrior(&many, m, "many"); err != nil {
		t.Fatal(err)
	}
	a.panels = true
	a.until(t, func() bool {
		a.ui.want()
		return p.sight[1] > 0 && p.shelf.missing(p.sight[0], p.sight[1]) < 0 && !p.making
	})
	made := 0
	for _, i := range p.shelf {
		if i > 0 {
			made++
		}
	}
	if made < p.sight[1] || made > 100 {
		t.Errorf("%d thumbnails of %d instances, want those %d that are in sight", made, len(many.Instances), p.sight[1])
	}
}

// TestDropPhotograph: what a photograph shows is found while the window shows it, from where the photograph was taken.
func TestDropPhotograph(t *testing.T) {
	a, photos := newPriorApp(t, Options{Device: "cpu", Size: [2]int{300, 200}})
	p := &a.prior
	a.handle(&event{kind: dropped, files: photos[1:2]}, time.Now())
	if p.seeking == nil {
		t.Fatal("nothing is looked for")
	}
	a.until(t, func() bool { return p.seeking == nil && !p.decoding })
	if !a.shows(p.z) || !a.told("the instance most like it") {
		t.Errorf("messages %v, want one of what was found, which is shown", a.messages.list)
	}
	if a.photos.at != 0 || len(a.photos.views) != 1 || a.photos.views[0].pix == nil {
		t.Errorf("at photograph %d of %d, want the one that was dropped", a.photos.at, len(a.photos.views))
	}
	if c := a.model.Cameras; len(c) != 1 || c[0].Pose.Pos.Sub(p.Classes[0].Cameras[1].Pose.Pos).Len() > 1e-6 {
		t.Errorf("cameras %v, want that of the photograph", c)
	}
	p.choose(a, 1, false)
	if a.until(t, func() bool { return !p.decoding }); len(a.photos.views) != len(p.Classes[0].Cameras) {
		t.Errorf("an instance is compared with %d photographs, want the %d cameras of the prior", len(a.photos.views), len(p.Classes[0].Cameras))
	}
}

// TestDropPhotographFromSomewhere: while the pose is searched, the window goes to where the photograph is taken to be from.
func TestDropPhotographFromSomewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	a, photos := newPriorApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	p := &a.prior
	p.from = poseUnknown
	var from []motion.View
	a.handle(&event{kind: dropped, files: photos[1:2]}, time.Now())
	a.until(t, func() bool {
		if from == nil || from[len(from)-1] != a.view {
			from = append(from, a.view)
		}
		return p.seeking == nil && !p.decoding
	})
	if end := a.viewOf(&p.photo.Camera); len(from) < 3 || a.view != end || !a.shows(p.z) {
		t.Errorf("%d views, the last %v, want some, and %v in the end, of what was found", len(from), a.view, end)
	}
}

// TestStopReconstruction: Esc, another photograph, an instance and another file each end what is being looked for.
func TestStopReconstruction(t *testing.T) {
	a, photos := newPriorApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	p := &a.prior
	p.from = poseUnknown
	p.reconstruct(a, photos[0])
	if a.escape(); p.seeking != nil || a.quit || !a.told("stopped") {
		t.Errorf("messages %v, want one that the reconstruction was stopped", a.messages.list)
	}
	p.reconstruct(a, photos[0])
	p.reconstruct(a, photos[1])
	if p.file != photos[1] {
		t.Errorf("looks for %s, want %s", p.file, photos[1])
	}
	if p.choose(a, 1, false); p.seeking != nil {
		t.Error("an instance that is chosen does not stop it")
	}
	p.reconstruct(a, photos[0])
	ctx := p.ctx
	if err := a.setModel(a.model, "another"); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() == nil || a.prior.open() {
		t.Error("it goes on beside a model")
	}
	a.settleDown(t) // what it still had to say is not heard
}

// TestNextPrior: what was chosen for photographs stays for another prior, also after a model.
func TestNextPrior(t *testing.T) {
	a, _ := newPriorApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	x, p := &a.prior, a.prior.Prior
	x.from, x.cut = poseUnknown, cutting{plain: true, color: [3]float32{0, 1, 0}}
	from, cut := x.from, x.cut
	for name, open := range map[string]func() error{
		"a prior": func() error { return nil },
		"a model": func() error { return a.setModel(a.model, "a model") },
	} {
		if err := open(); err != nil {
			t.Fatal(err)
		}
		if err := a.setPrior(p, p.Model(p.Latent(1), 0), "another"); err != nil {
			t.Fatal(err)
		}
		if x.from != from || x.cut != cut || x.photo != nil || !slices.Equal(x.z, p.Latent(0)) {
			t.Errorf("after %s: pose from %v, background %+v, want %v, %+v and nothing else of before", name, x.from, x.cut, from, cut)
		}
	}
}

// TestPriorRefuses says what cannot be opened beside what is open.
func TestPriorRefuses(t *testing.T) {
	a, photos := newPriorApp(t, Options{Device: "cpu", NoUI: true, Size: [2]int{80, 80}})
	file := a.name
	damaged := writeFile(t, "damaged.prior", []byte("nothing that is a prior"))
	wrong := writeFile(t, "wrong.png", []byte("nothing that is a picture"))
	empty := filepath.Join(t.TempDir(), "empty.png")
	if err := render.NewImage(16, 16).SavePNG(empty); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ file, want string }{
		{damaged, "damaged.prior: "},
		{wrong, "wrong.png: is no image"},
		{empty, "empty.png: prior: reconstruct: what is photographed has one colour all over"},
		{filepath.Dir(photos[0]), "a prior takes single photographs"},
	} {
		a.openAll([]string{tt.file})
		a.until(t, func() bool { return a.told(tt.want) })
	}
	if !a.prior.open() || a.prior.seeking != nil {
		t.Error("the prior is not as it was")
	}
	if a.photos.want(a); !a.told("a prior keeps no photographs") {
		t.Errorf("messages %v, want one that a prior keeps no photographs", a.messages.list)
	}
	if err := a.setModel(a.model, "a model"); err != nil {
		t.Fatal(err)
	}
	if a.openAll(photos[:1]); !a.told("open a prior first") {
		t.Errorf("messages %v, want one that a photograph needs a prior", a.messages.list)
	}
	a.openAll([]string{file})
	a.until(t, a.prior.open)
}

func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}
