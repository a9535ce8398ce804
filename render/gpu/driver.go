//go:build cgo && linux

package gpu

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"

	"lfnview/shaders"
)

// driver is what is known of the OpenGL context that is current on a thread. Its methods run there.
type driver struct {
	Device
	limits    shaders.Limits
	wallClock bool          // the device's own clock says nothing: software computes when somebody waits
	reset     func() uint32 // what the driver says of a reset; nil where it does not say
	lost      bool          // there was a reset

	// Room for check, which runs in every frame.
	message [1024]byte
	length  int32
}

// softwareLoops is how many iterations of loops Mesa's software rasterisers do before they end a loop silently, and a
// bit less.
const softwareLoops = 60_000

// The functions of OpenGL are variables of go-gl, the same for all contexts of the process, and looked up once. That is
// right for a window's context beside those of EGL as long as one library leads to all drivers, as libglvnd does.
var functions struct {
	sync.Mutex
	found bool
}

// findFunctions looks them up, unless that has been done.
func findFunctions(proc func(name string) unsafe.Pointer) error {
	functions.Lock()
	defer functions.Unlock()
	if functions.found {
		return nil
	}
	if err := gl.InitWithProcAddrFunc(proc); err != nil {
		return fmt.Errorf("gpu: no OpenGL 4.3: function %w is missing", err)
	}
	functions.found = true
	return nil
}

// init finds the functions of the context that is current, and what its device is and can.
func (c *driver) init(proc func(name string) unsafe.Pointer) error {
	if err := findFunctions(proc); err != nil {
		return err
	}
	c.Name = gl.GoStr(gl.GetString(gl.RENDERER))
	c.Driver = gl.GoStr(gl.GetString(gl.VERSION))
	c.Software = IsSoftware(c.Name)
	var major, minor int32
	gl.GetIntegerv(gl.MAJOR_VERSION, &major)
	gl.GetIntegerv(gl.MINOR_VERSION, &minor)
	if major == 0 {
		return errors.New("gpu: no OpenGL context is current")
	}
	if major < 4 || major == 4 && minor < 3 {
		return fmt.Errorf("gpu: the context of %s has OpenGL %d.%d, want 4.3", c.Name, major, minor)
	}
	var n int32
	gl.GetIntegerv(gl.NUM_EXTENSIONS, &n)
	extensions := map[string]bool{}
	for i := range n {
		extensions[gl.GoStr(gl.GetStringi(gl.EXTENSIONS, uint32(i)))] = true
	}
	c.limits = shaders.Limits{
		Threads:     int(integer(gl.MAX_COMPUTE_WORK_GROUP_INVOCATIONS)),
		SharedBytes: int(integer(gl.MAX_COMPUTE_SHARED_MEMORY_SIZE)),
		BufferBytes: integer(gl.MAX_SHADER_STORAGE_BLOCK_SIZE),
		TextureSide: int(integer(gl.MAX_3D_TEXTURE_SIZE)),
		Half:        extensions["GL_NV_gpu_shader5"] || extensions["GL_AMD_gpu_shader_half_float"],
		Subgroup: extensions["GL_KHR_shader_subgroup"] && integer(subgroupSize) >= 8 &&
			integer(subgroupStages)&gl.COMPUTE_SHADER_BIT != 0 && integer(subgroupFeatures)&subgroupClustered != 0,
	}
	for i := 0; i < 8 && gl.GetError() != gl.NO_ERROR; i++ { // of a limit that the driver does not know, and is 0
	}
	var bits int32
	gl.GetQueryiv(gl.TIME_ELAPSED, gl.QUERY_COUNTER_BITS, &bits)
	c.wallClock = c.Software || bits == 0
	if c.Software {
		c.limits.Loops = softwareLoops
	}
	c.Half, c.Subgroup = c.limits.Half, c.limits.Subgroup
	switch {
	case extensions["GL_KHR_robustness"]:
		c.reset = gl.GetGraphicsResetStatus
	case extensions["GL_ARB_robustness"]:
		c.reset = gl.GetGraphicsResetStatusARB
	}
	return nil
}

// listen has the driver keep what goes wrong in its log, until check reads it.
func (c *driver) listen() error {
	gl.Enable(gl.DEBUG_OUTPUT)
	gl.Enable(gl.DEBUG_OUTPUT_SYNCHRONOUS)
	gl.DebugMessageControl(gl.DONT_CARE, gl.DONT_CARE, gl.DONT_CARE, 0, nil, false)
	gl.DebugMessageControl(gl.DEBUG_SOURCE_API, gl.DEBUG_TYPE_ERROR, gl.DONT_CARE, 0, nil, true)
	gl.DebugMessageControl(gl.DEBUG_SOURCE_API, gl.DONT_CARE, gl.DEBUG_SEVERITY_HIGH, 0, nil, true)
	return c.check()
}

// Of GL_KHR_shader_subgroup.
const (
	subgroupSize      = 0x9532
	subgroupStages    = 0x9533
	subgroupFeatures  = 0x9534
	subgroupClustered = 0x40
)

func integer(name uint32) int64 {
	var v int64
	gl.GetInteger64v(name, &v)
	return v
}

// check returns what has gone wrong since the last check. Where that is nothing it makes no garbage.
func (c *driver) check() error {
	var errs []string
	for len(errs) < 8 {
		if gl.GetDebugMessageLog(1, int32(len(c.message)), nil, nil, nil, nil, &c.length, &c.message[0]) == 0 {
			break
		}
		errs = append(errs, strings.TrimRight(string(c.message[:c.length]), "\x00\n "))
	}
	for range 8 {
		e := gl.GetError()
		if e == gl.NO_ERROR {
			break
		}
		if e == gl.OUT_OF_MEMORY {
			errs = append(errs, "out of GPU memory")
		} else if len(errs) == 0 {
			errs = append(errs, fmt.Sprintf("error 0x%x", e))
		}
	}
	if c.lost || c.reset != nil && c.reset() != gl.NO_ERROR {
		c.lost = true // which the driver says once
		return ErrLost
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("gpu: OpenGL on %s: %s", c.Name, strings.Join(errs, "; "))
}
