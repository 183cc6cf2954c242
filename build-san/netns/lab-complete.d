build-san/netns/lab-complete.o: netns/lab-complete.c netns/cleanup.h \
 netns/lab-priv.h netns/lab.h netns/error.h
netns/cleanup.h:
netns/lab-priv.h:
netns/lab.h:
netns/error.h:
