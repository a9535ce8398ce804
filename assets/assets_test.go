package assets

import "testing"

func TestScene(t *testing.T) {
	m, err := Scene()
	if err != nil {
		t.Fatal(err)
	}
	if m.Training.PSNRdB < 34 || m.Training.Steps == 0 || len(m.Cameras) == 0 {
		t.Errorf("the default scene says %+v of its training and has %d cameras", m.Training, len(m.Cameras))
	}
	if len(scene) > 1_200_000 {
		t.Errorf("the default scene has %d bytes, want about a megabyte", len(scene))
	}
}
