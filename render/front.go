package render

import (
	"lfnview/lfn"
	"lfnview/plucker"
)

// Front returns the camera from which a model is to be looked at whose photographs all look the same way: that in the
// middle of them. ok is false for other models.
func Front(m *lfn.Model) (cam plucker.Camera, ok bool) {
	w := m.Network.Config.Encoding.Window
	if w == nil {
		return cam, false
	}
	eye := m.Scene.Center.Add(w.Eye.Mul(m.Scene.Radius))
	least := 0.0
	for i := range m.Cameras {
		v := &m.Cameras[i]
		if far := v.Pose.Pos.Sub(eye).Len(); v.Split == "train" && (!ok || far < least) {
			cam, least, ok = v.Camera, far, true
		}
	}
	return cam, ok
}
