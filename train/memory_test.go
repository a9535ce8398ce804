package train

import (
	"fmt"
	"strings"
	"testing"
)

func TestMemory(t *testing.T) {
	for text, want := range map[string]int64{"MemTotal:  100 kB\nMemAvailable:      7 kB\n": 7, "nothing": 0, "MemAvailable:\n": 0} {
		if got := field(text, "MemAvailable:"); got != want {
			t.Errorf("%q has %d, want %d", text, got, want)
		}
	}
	const limits = "Limit                     Soft Limit           Hard Limit           Units\nMax address space         %s            unlimited            bytes\n"
	for limit, want := range map[string]int64{"unlimited": 0, "5000000": 5000000 - 2000<<10, "1000000": 1} {
		if got := addressSpace(fmt.Sprintf(limits, limit), "VmPeak:\t  3000 kB\nVmSize:\t  2000 kB\n"); got != want {
			t.Errorf("an address space of %s leaves %d bytes, want %d", limit, got, want)
		}
	}
	o := testOptions(1)
	o.Config.Encoding.Grids = []int{256}
	need := memoryNeeded(&o)
	if least := int64(6 * 16 * 256 * 256 * 256 / 4); need < least || need > least*11/10 {
		t.Errorf("a quarter of a grid of 256³ needs %d bytes, want a little more than %d", need, least)
	}
	o.Config.Encoding.Grids = []int{128}
	if need, least := memoryNeeded(&o), int64(6*16*128*128*128); need < least || need > least*11/10 {
		t.Errorf("a grid of 128³ needs %d bytes, want a little more than %d", need, least)
	}
	o.Config.Encoding.Grids = []int{140} // which begins with as many texels
	if need, least := memoryNeeded(&o), int64(6*16*128*128*128); need < least || need > least*11/10 {
		t.Errorf("a grid of 140³ needs %d bytes, want a little more than %d", need, least)
	}
	if err := CheckMemory(need, need); err != nil {
		t.Error(err)
	}
	if err := CheckMemory(need, 0); err != nil {
		t.Errorf("free memory not known: %v", err)
	}
	if err := CheckMemory(need, need/2); err == nil || !strings.Contains(err.Error(), "0.4 GB of memory, and 0.2 GB are free") {
		t.Errorf("error %v", err)
	}
	o.Config.Encoding.Grids = []int{512, 512, 512, 512}
	o.Config.Encoding.Clear = 2
	if free := FreeMemory(); free == 0 || free >= memoryNeeded(&o) {
		t.Skipf("%d bytes of memory are free, which is not known, or enough for anything", free)
	}
	if tr, err := New(testSet(t), o); err == nil {
		tr.Close()
		t.Error("a network for which there is no memory was made")
	}
}
