package cli

import (
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	for _, tt := range []struct {
		value interface {
			Set(text string) error
			String() string
		}
		good map[string]string // and what String says then
		bad  []string
	}{
		{new(Size), map[string]string{"800x600": "800x600", "1X2": "1x2"}, []string{"", "800", "0x10", "-1x1", "1x2x3", "100000x100000", "axb"}},
		{new(Background), map[string]string{"white": "white", "black": "black", "#ffffff": "white", "#102a3f": "#102a3f"},
			[]string{"", "red", "#fff", "#12345g", "102a3f"}},
		{new(Orbit), map[string]string{"30,20": "30,20", "-30, 2.5,3": "-30,2.5"}, []string{"", "1", "1,x", "1,2,3,4", "NaN,1", "1,2,0", "1,2,-1"}},
		{&Word{"a", []string{"a", "b"}}, map[string]string{"b": "b"}, []string{"", "c", "A"}},
		{new(Device), map[string]string{"auto": "auto", "cpu": "cpu", "gpu": "gpu", "gpu:12": "gpu:12"}, []string{"", "tpu", "gpu:", "gpu:-1", "gpu:x"}},
		{new(Samples), map[string]string{"auto": "auto", "0": "auto", "1": "1", "16": "16"}, []string{"", "17", "-1", "x", "AUTO"}},
		{new(Focus), map[string]string{"3.5": "3.5", "120, 80": "120,80"}, []string{"", "0", "-1", "NaN", "Inf", "1,2,3", "-1,5", "1.5,2", "x"}},
		{new(Interval), map[string]string{"2,5": "2,5", "5, 2.5": "5,2.5", "-1,0": "-1,0"}, []string{"", "1", "1,1", "1,2,3", "NaN,1", "1,Inf"}},
		{new(Numbers), map[string]string{"0, 5,2-4": "0,5,2,3,4"}, []string{"", "-1", "4-2", "0-", "0,", "1.5", "0:3", "0-999999999", "0-99999999999999999999"}},
		{new(Natural), map[string]string{"1": "1", "99999": "99999"}, []string{"", "0", "-1", "1.5", "x"}},
	} {
		for text, want := range tt.good {
			if err := tt.value.Set(text); err != nil || tt.value.String() != want {
				t.Errorf("%T %q is %v, %v, want %v", tt.value, text, tt.value, err, want)
			}
		}
		was := tt.value.String()
		for _, text := range tt.bad {
			if err := tt.value.Set(text); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%T %q: %v, want an error of one line", tt.value, text, err)
			}
		}
		if _, orbit := tt.value.(*Orbit); !orbit && tt.value.String() != was {
			t.Errorf("%T is %v after values that are refused, want %v", tt.value, tt.value, was)
		}
	}
}
