build-san/netns/lab-check.o: netns/lab-check.c netns/cleanup.h \
 netns/lab-priv.h netns/lab.h netns/error.h
netns/cleanup.h:
netns/lab-priv.h:
netns/lab.h:
netns/error.h:
