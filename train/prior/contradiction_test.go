package prior

import (
	"slices"
	"strings"
	"testing"

	"lfnview/lfn"
	"lfnview/render"
	"lfnview/train/dataset"
)

// TestContradiction: of views of one scene nothing is said; of one that is of another, its name.
func TestContradiction(t *testing.T) {
	p, z, views := painted(t, small(), 4)
	for i, name := range []string{"a", "b", "c", "d"} {
		views[i].Name = name
	}
	other, far := slices.Clone(views), make(lfn.Latent, len(z))
	for i := range far {
		far[i] = -2 * z[i]
	}
	r := render.NewCPU(p.Hyper.Decode(far).Pack(), p.Classes[0].Scene)
	for i := range other {
		img, err := renderView(t.Context(), r, &other[i].Camera)
		if err != nil {
			t.Fatal(err)
		}
		other[i].Pix = slices.Clone(img.ToNRGBA().Pix)
	}
	for _, tt := range []struct {
		name  string
		views []dataset.View
		want  string
	}{
		{"one photograph", views[:1], ""},
		{"two views", views[:2], ""},
		{"four views", views, ""},
		{"another object", []dataset.View{views[0], views[1], other[2], views[3]}, "c does not go with the others: by itself it is told with "},
		{"two objects", []dataset.View{views[0], other[1]}, "a and b do not go together: by themselves they are told with "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := Reconstruct(t.Context(), p, tt.views, ReconstructOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := Contradiction(t.Context(), p, found.Class, tt.views, found.Latent, ReconstructOptions{})
			if err != nil || !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("Contradiction = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
