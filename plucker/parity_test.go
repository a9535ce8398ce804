package plucker

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/nlpodyssey/safetensors"
)

// TestParity compares with the Plücker coordinates that the authors' PyTorch code computes for two views.
// Its cameras are OpenCV's, which look along +Z with +Y down, and it samples pixels at integers.
func TestParity(t *testing.T) {
	for _, name := range []string{"relu_lego", "siren_lego"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "..", "shared", "parity", name+".safetensors")
			data, err := os.ReadFile(path)
			if os.IsNotExist(err) {
				t.Skipf("no %s: the authors' numbers are not part of the repository", path)
			}
			if err != nil {
				t.Fatal(err)
			}
			st, err := safetensors.Deserialize(data)
			if err != nil {
				t.Fatal(err)
			}
			floats := func(name string) []float64 {
				v, ok := st.Tensor(name)
				if !ok {
					t.Fatalf("%s has no tensor %s", path, name)
				}
				b := v.Data()
				x := make([]float64, len(b)/4)
				for i := range x {
					x[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
				}
				return x
			}
			camToWorld, k, uv, want := floats("cam2world"), floats("intrinsics"), floats("uv"), floats("plucker")
			n := len(uv) / 2
			worst := 0.0
			for view := range len(camToWorld) / 16 {
				// Rows of the file, so the transpose; then from OpenCV's camera axes to ours.
				m := mgl64.Mat4(camToWorld[16*view:][:16]).Transpose().Mul4(mgl64.Scale3D(1, -1, -1))
				pose, err := PoseFromMat4(m)
				if err != nil {
					t.Fatal(err)
				}
				cam := Camera{Pose: pose, Intrinsics: Intrinsics{Fx: k[0], Fy: k[5], Cx: k[2], Cy: k[6]}}
				for i := range n {
					got := cam.Coords(UnitFrame(), uv[2*i], uv[2*i+1])
					for j, w := range want[6*(view*n+i):][:6] {
						worst = max(worst, math.Abs(float64(got[j])-w))
					}
				}
			}
			if worst > 1e-6 {
				t.Errorf("worst coordinate is off by %.3g, want at most 1e-6", worst)
			}
			t.Logf("worst difference %.3g", worst)
		})
	}
}
