package main
func composite(grids int){}
func compositeBackward(grids int){}
func adam(){}
func adamTouched(){}
