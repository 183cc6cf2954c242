build-san/netns/lab.o: netns/lab.c netns/cleanup.h netns/lab-priv.h \
 netns/lab.h netns/error.h
netns/cleanup.h:
netns/lab-priv.h:
netns/lab.h:
netns/error.h:
