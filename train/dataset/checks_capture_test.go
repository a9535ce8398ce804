package dataset

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/go-gl/mathgl/mgl64"

	"lfnview/plucker"
)

func TestCheckCapture(t *testing.T) {
	around := func(distance float64) (views []View) {
		for i := range 12 {
			sin, cos := math.Sincos(float64(i))
			at := mgl64.Vec3{cos, sin, 0.3}.Normalize()
			views = append(views, View{Camera: plucker.Pinhole(plucker.LookAt(at.Mul(distance), mgl64.Vec3{}, mgl64.Vec3{0, 0, 1}), 8, 6, 1)})
		}
		return views
	}
	away := around(3)
	for i := range away {
		p := &away[i].Camera.Pose
		p.Rot = mgl64.Rotate3DZ(math.Pi).Mul3(p.Rot)
	}
	for _, tt := range []struct {
		name    string
		views   []View
		guessed bool
		want    string // in the warning; "" is none
	}{
		{"around", around(3), true, ""},
		{"away", away, true, "12 of 12 cameras look away from each other"},
		{"away, as the points say", away, false, ""},
		{"inside", around(0.6), false, "12 of 12 cameras stand inside"},
	} {
		s := Set{Space: Space{Frame: plucker.Frame{Radius: 1, Up: mgl64.Vec3{0, 0, 1}}}, Views: tt.views}
		s.checkCapture(tt.guessed)
		if got := strings.Join(s.Warnings, "\n"); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%s: warnings %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestTransparent(t *testing.T) {
	s := Set{Views: []View{{Name: "a.png", Pix: make([]byte, 16)}, {Pix: make([]byte, 16)}, {Pix: []byte{0, 0, 0, 9}, Split: Test}}}
	if err := s.checkTransparent(); err == nil || !strings.Contains(err.Error(), "transparent everywhere") {
		t.Errorf("error %v", err)
	}
	s.Views[1].Pix[7] = 1
	if err := s.checkTransparent(); err != nil {
		t.Error(err)
	}
	if want := "1 of 2 training images are transparent everywhere, such as a.png"; len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], want) {
		t.Errorf("warnings %q, want %q", s.Warnings, want)
	}
}

func TestCheckExposure(t *testing.T) {
	photograph := func(bright byte) View {
		return View{Name: fmt.Sprint(bright), Pix: []byte{bright, bright, bright, 255, 255, 255, 255, 0}}
	}
	for _, tt := range []struct {
		views []View
		want  string // in the warning; "" is none
	}{
		{nil, ""},
		{[]View{{Pix: make([]byte, 8)}}, ""},
		{[]View{photograph(60), photograph(20), photograph(60), photograph(200)}, ""},
		{[]View{photograph(60), photograph(14), photograph(60), photograph(60), photograph(245)}, "2 of 5 images are more than four times as bright or as dark as most, such as 14:"},
		{[]View{photograph(0), photograph(60), photograph(60)}, "1 of 3 images"},
	} {
		s := Set{Views: tt.views}
		if err := s.checkExposure(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.Warnings, "\n"); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%d views: warnings %q, want %q", len(tt.views), got, tt.want)
		}
	}
}
